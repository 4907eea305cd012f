from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from accounts.directory import ClientFacts
from crm.forms.whose import ClientField
from crm.importing.fields import CUSTOM, FIELDS, IGNORE
from crm.models import Campaign, ImportJob, Lead

COLUMN_CHOICES = [
    (IGNORE, "Leave out"),
    (CUSTOM, "Keep under its own name"),
    *((field.name, field.label) for field in FIELDS),
]

S = Lead.Source
SOURCES = (S.IMPORT, S.MANUAL, S.FORM, S.WEBSITE_VISITOR, S.GHL, S.POOL, S.ZOOMINFO, S.APOLLO, S.CLEARBIT)


class UploadForm(forms.Form):
    client = ClientField(label="Whose people are they?")
    file = forms.FileField(
        label="The list",
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
        help_text="CSV or Excel (.xlsx), up to 100,000 rows and 50 MB. The first line holds the names of the columns.",
        error_messages={"required": "Choose a file.", "empty": "The file is empty. Choose another one."},
    )

    def __init__(self, *args: Any, clients: Sequence[ClientFacts], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered: Any = self.fields["client"]
        offered.offer(clients)

    def refuse(self, field: str, words: str) -> None:
        """Show ``words`` beside a field of a form whose answer was not read."""
        self.is_bound, self.cleaned_data, self._errors = True, {}, forms.utils.ErrorDict()
        self.add_error(field, words)


class ChoicesForm(forms.Form):
    """What each column means, and what happens to people who are known already."""

    policy = forms.ChoiceField(
        label="If we know somebody already",
        choices=ImportJob.Policy.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what happens to people we know already."},
    )
    day_first = forms.ChoiceField(
        label="03/04/2026 is",
        choices=[("", "4 March, the month comes first"), ("1", "3 April, the day comes first")],
        required=False,
    )
    source = forms.ChoiceField(
        label="Where do they come from?",
        choices=[(each.value, each.label) for each in SOURCES],
        help_text="Written down with everybody who is added.",
        error_messages={
            "required": "Choose where they come from.",
            "invalid_choice": "Choose one of the list.",
        },
    )
    campaign = forms.ChoiceField(
        label="Put them into a campaign",
        required=False,
        help_text="Whoever is added or updated goes into it. People who are left as they are do not.",
        error_messages={"invalid_choice": "Choose one of the campaigns in the list."},
    )
    all_or_nothing = forms.BooleanField(label="Import all rows or none", required=False)

    def __init__(
        self, data: QueryDict | None = None, *, job: ImportJob, campaigns: Iterable[Campaign] = ()
    ) -> None:
        begin = {
            "source": job.source,
            "campaign": str(job.campaign_id or ""),
            "policy": job.policy,
            "day_first": "1" if job.shape.get("day_first") else "",
            "all_or_nothing": job.all_or_nothing,
        }
        super().__init__(data, initial=begin)
        self._job = job
        offered: Any = self.fields["campaign"]
        offered.choices = [("", "None"), *((str(each.pk), each.name) for each in campaigns)]
        for number, (heading, meaning) in enumerate(zip(job.shape["headings"], job.mapping, strict=True)):
            self.fields[f"column_{number}"] = forms.ChoiceField(
                label=heading or f"Column {number + 1}",
                choices=COLUMN_CHOICES,
                initial=meaning,
                required=False,
                error_messages={"invalid_choice": "Choose one of the meanings in the list."},
            )

    @property
    def columns(self) -> Iterator[dict[str, Any]]:
        """Each column with its field and the first few cells below it."""
        for number in range(len(self._job.mapping)):
            cells = [row[number] for row in self._job.shape["sample"] if len(row) > number and row[number]]
            yield {"field": self[f"column_{number}"], "sample": [cell[:60] for cell in cells[:3]]}

    @property
    def has_campaigns(self) -> bool:
        offered: Any = self.fields["campaign"]
        return len(offered.choices) > 1

    @property
    def has_dates(self) -> bool:
        return "last_call_at" in self._job.mapping

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if not any(given.get(f"column_{number}") for number in range(len(self._job.mapping))):
            raise ValidationError("Choose at least one column to be imported.")
        return given

    @property
    def choices(self) -> dict[str, Any]:
        """For `crm.services.importing.check`."""
        given = self.cleaned_data
        return {
            "mapping": [given[f"column_{number}"] for number in range(len(self._job.mapping))],
            "policy": given["policy"],
            "day_first": bool(given["day_first"]),
            "all_or_nothing": given["all_or_nothing"],
            "source": given["source"],
            "campaign_id": UUID(given["campaign"]) if given["campaign"] else None,
        }
