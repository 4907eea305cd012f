"""The forms around a list of leads."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms

from crm.forms import TagForm
from crm.lead_columns import COLUMNS, shown_columns
from crm.lead_filter import DAYS, MINE, NOBODY, NONE, RANGES, SORTS, WORDS, LeadFilter, Range
from crm.lead_words import range_words
from crm.models.leads import HUE_CHOICES
from crm.services.bulk import Deed
from lib.payloads import clean_text

ANY = ("", "Any")
KNOWN = [ANY, ("1", "Known"), ("0", "Missing")]


class LeadFilterForm(forms.Form):
    """Everything that an address of the list can say. It is sent by GET and read by ``LeadFilter``, which judges it."""

    use_required_attribute = False
    q = forms.CharField(
        label="Search", max_length=100, required=False, help_text="A name, number, e-mail address or company."
    )
    client = forms.ChoiceField(label="Client", required=False)
    status = forms.ChoiceField(label="Status", required=False, choices=[ANY, *WORDS["status"].items()])
    stage = forms.ChoiceField(label="Stage", required=False)
    owner = forms.ChoiceField(label="Owner", required=False)
    tag = forms.ChoiceField(label="Tag", required=False)
    source = forms.ChoiceField(label="Source", required=False, choices=[ANY, *WORDS["source"].items()])
    tier = forms.ChoiceField(label="Tier", required=False, choices=[ANY, *WORDS["tier"].items()])
    sentiment = forms.ChoiceField(
        label="Sentiment", required=False, choices=[ANY, *WORDS["sentiment"].items()]
    )
    category = forms.ChoiceField(
        label="Category of the last call", required=False, choices=[ANY, *WORDS["category"].items()]
    )
    email = forms.ChoiceField(label="E-mail address", required=False, choices=KNOWN)
    phone = forms.ChoiceField(label="Phone number", required=False, choices=KNOWN)
    created = forms.ChoiceField(label="Added", required=False)
    created_from = forms.DateField(label="Added from", required=False)
    created_to = forms.DateField(label="Added until", required=False)
    contact = forms.ChoiceField(label="Last contact", required=False)
    contact_from = forms.DateField(label="Last contact from", required=False)
    contact_to = forms.DateField(label="Last contact until", required=False)
    archived = forms.BooleanField(label="Archived leads only", required=False)
    sort = forms.ChoiceField(label="Order", required=False, choices=[(k, w) for k, (w, _) in SORTS.items()])
    columns = forms.MultipleChoiceField(
        label="Columns", required=False, widget=forms.CheckboxSelectMultiple, choices=()
    )

    def __init__(
        self,
        *,
        chosen: LeadFilter,
        clients: Sequence[tuple[str, str]],
        stages: Sequence[str],
        tags: Sequence[str],
        owners: Sequence[tuple[str, str]],
    ) -> None:
        many = bool(clients)
        columns = shown_columns(chosen.columns, many_clients=many)
        super().__init__(initial={**chosen.params, "columns": columns, "archived": chosen.archived})
        self._choose("client", [("", "All clients"), *clients])
        self._choose("stage", [ANY, (NONE, "No stage"), *((name, name) for name in stages)])
        self._choose("tag", [ANY, *((name, name) for name in tags)])
        self._choose("owner", [("", "Anybody"), (MINE, "Me"), (NOBODY, "Nobody"), *owners])
        lately = [("", "Any time"), *((days, range_words(Range(days))) for days in DAYS)]
        for name in RANGES:
            self._choose(name, lately)
            for end in ("from", "to"):
                self.fields[f"{name}_{end}"].widget = forms.DateInput(attrs={"type": "date"})
        every = [(name, each.words) for name, each in COLUMNS.items() if many or name != "client"]
        self._choose("columns", every)
        if not many:
            del self.fields["client"]

    def _choose(self, name: str, choices: list[Any]) -> None:
        """What is chosen stays to be chosen, also when it is no choice any more."""
        wanted = self.initial.get(name)
        known = {value for value, _ in choices}
        if isinstance(wanted, str) and wanted not in known:
            choices = [*choices, (wanted, wanted)]
        self.fields[name].choices = choices  # type: ignore[attr-defined]


class TagLookForm(TagForm):
    hue = forms.ChoiceField(label="Colour", choices=HUE_CHOICES, required=False)

    def clean_hue(self) -> str:
        return str(self.cleaned_data["hue"] or "gray")


class ViewForm(forms.Form):
    name = forms.CharField(
        label="Name",
        max_length=80,
        error_messages={"required": "Name the view.", "max_length": "Keep a name under 80 characters."},
    )
    is_default = forms.BooleanField(label="Begin my list with it", required=False)
    shared = forms.BooleanField(label="Share it with everybody on our side", required=False)

    def __init__(self, *args: Any, may_share: bool, is_own: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_share:
            self.fields["shared"].disabled = True
            self.fields["shared"].help_text = "Who sets up tags and stages shares views."
        if not is_own:
            self.fields["is_default"].disabled = True

    def clean_name(self) -> str:
        name = " ".join(clean_text(self.cleaned_data["name"]).split())
        if not name:
            raise forms.ValidationError("Name the view.")
        return name


class BulkForm(forms.Form):
    """What a deed for many needs to know, as the values of ``crm.services.bulk.Choice``."""

    owner_id = forms.TypedChoiceField(
        label="Owner",
        required=False,
        coerce=UUID,
        empty_value=None,
        error_messages={"invalid_choice": "Choose somebody of the list."},
    )
    name = forms.CharField(
        label="Tag",
        max_length=60,
        error_messages={"required": "Name the tag.", "max_length": "Keep a tag under 60 characters."},
    )
    reason = forms.CharField(
        label="Why, if the stage means that they are lost",
        max_length=200,
        required=False,
        error_messages={"max_length": "Keep the reason under 200 characters."},
    )
    campaign_id = forms.TypedChoiceField(
        label="Campaign",
        coerce=UUID,
        error_messages={"required": "Choose a campaign.", "invalid_choice": "Choose a campaign of the list."},
    )
    sentiment = forms.ChoiceField(
        label="Sentiment",
        required=False,
        choices=[("", "Not said"), *WORDS["sentiment"].items()],
        error_messages={"invalid_choice": "Choose one of the list."},
    )

    def __init__(
        self, *args: Any, deed: Deed, choices: Sequence[Any], tags: Sequence[str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        wanted = FIELDS.get(deed, ())
        for name in list(self.fields):
            if name not in wanted:
                del self.fields[name]
        if deed == Deed.OWNER:
            self.fields["owner_id"].choices = [("", "Nobody"), *choices]  # type: ignore[attr-defined]
        elif deed == Deed.CAMPAIGN:
            self.fields["campaign_id"].choices = [("", "Choose one"), *choices]  # type: ignore[attr-defined]
        elif deed in (Deed.STAGE, Deed.UNTAG):
            label, missing = ("Stage", "Choose a stage.") if deed == Deed.STAGE else ("Tag", "Choose a tag.")
            self.fields["name"] = forms.ChoiceField(
                label=label, choices=[("", "Choose one"), *choices], error_messages={"required": missing}
            )
            self.order_fields(["name", "reason"])
        if tags:
            self.fields["name"].widget.attrs["list"] = "tag-names"
        self.tag_names = tags

    def clean_name(self) -> str:
        return " ".join(clean_text(self.cleaned_data["name"]).split())

    def clean_reason(self) -> str:
        return clean_text(self.cleaned_data["reason"]).strip()


FIELDS = {
    Deed.OWNER: ("owner_id",),
    Deed.STAGE: ("name", "reason"),
    Deed.TAG: ("name",),
    Deed.UNTAG: ("name",),
    Deed.CAMPAIGN: ("campaign_id",),
    Deed.SENTIMENT: ("sentiment",),
}
