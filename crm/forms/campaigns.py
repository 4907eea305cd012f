"""Making and changing a campaign, and working its queue."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms

from crm.dispositions import REST_AFTER, REST_DAYS, RETRY_HOURS
from crm.forms.calling import DispositionForm
from crm.forms.seen import SeenForm
from crm.models import Campaign
from crm.services.campaigns import RULES, as_text
from lib.payloads import clean_text

MODES = [("", "As the client’s plan says"), *Campaign.PermissionMode.choices]


class CampaignForm(SeenForm):
    name = forms.CharField(
        label="Name", max_length=160, error_messages={"required": "Give the campaign a name."}
    )
    description = forms.CharField(
        label="What it is for", required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 2})
    )
    market = forms.ModelChoiceField(queryset=None, label="Market", required=False, empty_label="None")  # type: ignore[var-annotated]
    targeting = forms.CharField(
        label="Whom it is for", required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="In words, such as “dentists in Baltimore with two chairs or more”.",
    )  # fmt: skip
    script = forms.CharField(
        label="Script", required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 8}),
        help_text="What the caller says. It stands beside each person in the call queue.",
    )  # fmt: skip
    start_date = forms.DateField(
        label="First day", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    end_date = forms.DateField(
        label="Last day", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    daily_lead_limit = forms.IntegerField(
        label="People a day, at most", required=False, min_value=1, max_value=100_000
    )
    total_lead_limit = forms.IntegerField(
        label="People in all, at most", required=False, min_value=1, max_value=1_000_000
    )
    rest_after = forms.IntegerField(
        label="Rest after so many times no answer", min_value=1, max_value=20, initial=REST_AFTER
    )
    rest_days = forms.IntegerField(label="Rest for days", min_value=1, max_value=365, initial=REST_DAYS)
    retry_hours = forms.IntegerField(
        label="Hours before somebody comes up again", min_value=0, max_value=720, initial=RETRY_HOURS
    )

    def __init__(self, *args: Any, markets: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["market"].queryset = markets  # type: ignore[attr-defined]

    @classmethod
    def of(cls, campaign: Campaign, markets: Any) -> "CampaignForm":
        shown = as_text(campaign)
        return cls(initial={**shown, "seen": json.dumps(shown)}, markets=markets)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("start_date"), data.get("end_date")
        if first and last and last < first:
            self.add_error("end_date", "The last day lies before the first.")
        return data

    @property
    def typed(self) -> dict[str, Any]:
        """What was typed, by field. What was left as it was shown is taken as it was."""
        told, seen = dict(self.cleaned_data), self.seen_values
        del told["seen"]
        for name in ("name", "description", "script", "targeting"):
            plain = clean_text(told[name]).replace("\r\n", "\n").strip()
            told[name] = seen[name] if self.is_untouched(name) else plain
        return told

    def values(self) -> dict[str, Any]:
        """Of a campaign that is new, as the service takes them."""
        data = self.typed
        rules = {name: data.pop(name) for name in RULES}
        return {**data, "settings": rules, "targeting": {"text": data["targeting"]}}

    def words(self, name: str, text: str) -> str:
        """A value as people know it."""
        if name != "market":
            return text
        return str(self.fields["market"].queryset.filter(pk=text).first() or "another")  # type: ignore[attr-defined]


class AssignForm(forms.Form):
    people = forms.TypedMultipleChoiceField(
        label="Who works this campaign", coerce=UUID, required=False, widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Choose among the people in the list."},
    )  # fmt: skip

    def __init__(self, *args: Any, people: Mapping[UUID, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["people"].choices = list(people.items())  # type: ignore[attr-defined]


class MembersForm(forms.Form):
    """People of the client, ticked in a list of them."""

    lead = forms.TypedMultipleChoiceField(coerce=UUID, error_messages={"required": "Tick whom to add."})

    def __init__(self, *args: Any, leads: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["lead"].choices = leads  # type: ignore[attr-defined]


class QueueForm(DispositionForm):
    """How the call ended, which must be said here, with a note and how long it took."""

    field_order = ("notes", "minutes")
    notes = forms.CharField(
        label="Notes", required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 3})
    )
    minutes = forms.IntegerField(label="Minutes talked", required=False, min_value=0, max_value=600)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["disposition"].required = True
        self.fields["disposition"].error_messages["required"] = (
            "Say how the call ended, with one of the nine."
        )


class HoldForm(forms.Form):
    days = forms.TypedChoiceField(
        label="Come back in",
        coerce=int,
        choices=[(1, "A day"), (7, "A week"), (30, "A month"), (90, "Three months")],
    )
    reason = forms.CharField(label="Why", max_length=200, required=False)

    def until(self, now: datetime) -> datetime:
        return now + timedelta(days=self.cleaned_data["days"])
