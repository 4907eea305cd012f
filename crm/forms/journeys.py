"""Forms about journeys, their steps and templates."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.forms.formsets import BaseFormSet, formset_factory

from accounts.forms.packages import WordsField
from crm.concerns import LONGEST, MOST
from crm.forms.moments import DayField, MomentField
from crm.models import Channel, Journey, JourneyStep
from lib.payloads import clean_text

LONG = {"max_length": "Keep it under %(limit_value)s characters."}
MOST_STEPS = 40
HOUSE = "house"
MOST_WEEKS = 520
STATES = [each for each in Journey.Status.choices if each[0] in ("pending", "in_progress", "won", "lost")]


class CallField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Calls by their day in ``zone``, which a form sets."""

    zone: str = "UTC"

    def label_from_instance(self, call: Any) -> str:
        day = call.started_at.astimezone(ZoneInfo(self.zone))
        return f"{call.get_kind_display()}, {day.day} {day:%b %Y}"


class ParentField(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, journey: Any) -> str:
        return f"Journey of {journey.started_on.day} {journey.started_on:%b %Y}"


class TextField(forms.CharField):
    """Several lines of text as PostgreSQL can store it."""

    def __init__(self, *, rows: int = 3, **kwargs: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": rows}), error_messages=LONG, **kwargs)

    def to_python(self, value: Any) -> str:
        return clean_text(super().to_python(value) or "")


class ConcernsField(TextField):
    """Words, one a line."""

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        lines = [" ".join(line.split()) for line in super().clean(value).splitlines()]
        words = list(dict.fromkeys(line for line in lines if line))
        if len(words) > MOST:
            raise ValidationError(f"Keep it to {MOST} at most; these are {len(words)}.")
        for each in words:
            if len(each) > LONGEST:
                raise ValidationError(f"Keep each under {LONGEST} characters: “{each[:30]}…” is longer.")
        return words


def concerns_field() -> ConcernsField:
    return ConcernsField(
        label="Concerns", required=False, max_length=4000,
        help_text="What they told you, one a line. Kept in confidence, and destroyed when it is no longer needed.",
    )  # fmt: skip


class JourneyForm(forms.Form):
    service = forms.ModelChoiceField(queryset=None, required=False, empty_label="Not known yet")  # type: ignore[var-annotated]
    concerns = concerns_field()
    template = forms.ModelChoiceField(
        queryset=None,
        required=False,
        empty_label="No template",
        help_text="Its steps are added, with their dates.",
    )  # type: ignore[var-annotated]
    call = CallField(queryset=None, required=False, label="Began with the call", empty_label="No call")
    parent = ParentField(
        queryset=None, required=False, label="Follows the journey", empty_label="No other journey"
    )
    started_on = DayField(label="Started on", help_text="Steps count their weeks from this day.")
    next_action_at = MomentField(label="Next action", required=False)
    notes_summary = TextField(label="Notes", required=False, max_length=4000)

    def __init__(
        self, *args: Any, rows: dict[str, Any], zone: str, with_concerns: bool, **kwargs: Any
    ) -> None:
        """``rows`` are the querysets to choose from, by field."""
        super().__init__(*args, **kwargs)
        for name, queryset in rows.items():
            self.fields[name].queryset = queryset  # type: ignore[attr-defined]
        self.fields["next_action_at"].zone = zone  # type: ignore[attr-defined]
        self.fields["call"].zone = zone  # type: ignore[attr-defined]
        if not with_concerns:
            del self.fields["concerns"]


class JourneyChangeForm(forms.Form):
    service = forms.ModelChoiceField(queryset=None, required=False, empty_label="Not known yet")  # type: ignore[var-annotated]
    owner_id = forms.TypedChoiceField(
        label="Who looks after it", coerce=UUID, empty_value=None, required=False,
        help_text="Its steps stand in their list of the day.",
        error_messages={"invalid_choice": "Choose somebody of the list."},
    )  # fmt: skip
    call = CallField(queryset=None, required=False, label="Began with the call", empty_label="No call")
    parent = ParentField(
        queryset=None, required=False, label="Follows the journey", empty_label="No other journey"
    )
    next_action_at = MomentField(label="Next action", required=False)
    notes_summary = TextField(label="Notes", required=False, max_length=4000)

    def __init__(
        self, *args: Any, rows: dict[str, Any], owners: Mapping[UUID, str], zone: str, **kwargs: Any
    ) -> None:
        """``rows`` are the querysets to choose from, by field; ``owners`` names by id."""
        super().__init__(*args, **kwargs)
        for name, queryset in rows.items():
            self.fields[name].queryset = queryset  # type: ignore[attr-defined]
        self.fields["owner_id"].choices = [("", "Nobody"), *owners.items()]  # type: ignore[attr-defined]
        for name in ("next_action_at", "call"):
            self.fields[name].zone = zone  # type: ignore[attr-defined]


class ConcernsForm(forms.Form):
    concerns = concerns_field()


class StatusForm(forms.Form):
    status = forms.ChoiceField(
        choices=STATES, error_messages={"invalid_choice": "Choose a state from the list."}
    )
    reason = WordsField(label="Why nothing came of it", max_length=200, required=False, error_messages=LONG)

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        if told.get("status") == "lost" and not told.get("reason") and "reason" not in self.errors:
            self.add_error("reason", "Say why nothing came of it.")
        return told


class StepForm(forms.Form):
    label = WordsField(label="Step", max_length=160, error_messages={"required": "Name the step.", **LONG})
    channel = forms.ChoiceField(choices=Channel, initial=Channel.VOICE)
    message = TextField(label="What to say", required=False, max_length=4000)
    offset_weeks = forms.IntegerField(
        label="Weeks after the start", required=False, min_value=0, max_value=MOST_WEEKS,
        error_messages={"invalid": "Enter a number of weeks."},
    )  # fmt: skip
    due_on = DayField(label="Or due on", required=False)
    notes = TextField(label="Notes", required=False, max_length=4000)

    @classmethod
    def of(cls, step: JourneyStep, due_on: Any) -> "StepForm":
        names = ("label", "channel", "message", "offset_weeks", "notes")
        initial = {name: getattr(step, name) for name in names}
        return cls(initial={**initial, "due_on": due_on if step.offset_weeks is None else None})

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        if told.get("offset_weeks") is not None and told.get("due_on"):
            self.add_error("due_on", "Choose either the weeks or a day.")
        return told


class TemplateForm(forms.Form):
    name = WordsField(label="Name", max_length=120, error_messages={"required": "Name the template.", **LONG})
    description = TextField(label="What it is for", required=False, max_length=2000, rows=2)
    whose = forms.ChoiceField(
        choices=(("", "For this client"), (HOUSE, "For all clients")), required=False, label="Whose"
    )

    def __init__(self, *args: Any, may_keep_house: bool = False, **kwargs: Any) -> None:
        """Only a new template of somebody who sees all clients may be for all."""
        super().__init__(*args, **kwargs)
        if not may_keep_house:
            del self.fields["whose"]


class TemplateStepForm(forms.Form):
    label = WordsField(label="Step", max_length=160, required=False, error_messages=LONG)
    channel = forms.ChoiceField(choices=Channel, initial=Channel.VOICE)
    offset_weeks = forms.IntegerField(
        label="Weeks after the start", min_value=0, max_value=MOST_WEEKS, initial=0, required=False,
        error_messages={"invalid": "Enter a number of weeks."},
    )  # fmt: skip
    message = TextField(label="What to say", required=False, max_length=4000, rows=2)

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        if told.get("message") and not told.get("label") and "label" not in self.errors:
            self.add_error("label", "Name the step.")
        return told


class TemplateStepSet(BaseFormSet):  # type: ignore[type-arg]
    """The steps of a template, in the order of their numbers. Rows without a name, and those marked, fall away."""

    @property
    def steps(self) -> list[dict[str, Any]]:
        kept = [form for form in self.ordered_forms if form.cleaned_data.get("label")]
        return [
            {
                "label": told["label"],
                "channel": told["channel"],
                "message": told["message"],
                "offset_weeks": told["offset_weeks"] or 0,
            }
            for told in (form.cleaned_data for form in kept)
        ]


TemplateSteps: Any = formset_factory(
    TemplateStepForm, formset=TemplateStepSet, extra=3, can_order=True, can_delete=True, max_num=MOST_STEPS,
    absolute_max=MOST_STEPS, validate_max=True,
)  # fmt: skip


class ApplyForm(forms.Form):
    template = forms.ModelChoiceField(
        queryset=None, empty_label="Choose a template", error_messages={"required": "Choose a template."}
    )  # type: ignore[var-annotated]

    def __init__(self, *args: Any, templates: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["template"].queryset = templates  # type: ignore[attr-defined]


class PolicyForm(forms.Form):
    days = forms.IntegerField(
        label="Days until words are destroyed", min_value=1, max_value=3650,
        help_text="Counted from the day a journey was closed or a service agreed to.",
        error_messages={"required": "Enter a number of days.", "invalid": "Enter a number of days."},
    )  # fmt: skip
