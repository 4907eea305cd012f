"""Forms about a client's pipeline."""

from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError

from accounts.forms.packages import WordsField
from crm.models import PipelineStage
from crm.models.leads import HUE_CHOICES
from crm.services.board import UNSAID, Spot, Unsaid

LONG = {"max_length": "Keep it under %(limit_value)s characters."}
ENDS = (
    ("", "Open: the person may still buy"),
    ("won", "Won: the person has bought"),
    ("lost", "Lost: nothing came of it"),
)
PLACES = (("top", "At the top"), ("bottom", "At the bottom"))
MORE = "more"  # there are others below that the mover has not seen


class StageForm(forms.Form):
    name = WordsField(label="Name", max_length=80, error_messages={"required": "Name the stage.", **LONG})
    hue = forms.ChoiceField(
        label="Colour",
        choices=HUE_CHOICES,
        error_messages={"invalid_choice": "Choose a colour from the list."},
    )
    ends = forms.ChoiceField(label="Meaning", choices=ENDS, required=False)
    chance = forms.IntegerField(
        label="Chance that they buy, in per cent",
        required=False,
        min_value=0,
        max_value=100,
        help_text="The forecast counts this share of what people here are worth.",
        error_messages={"invalid": "Enter a whole number from 0 to 100."},
    )
    rests_after_days = forms.IntegerField(
        label="Forgotten after days",
        required=False,
        min_value=1,
        max_value=3650,
        help_text="People who stay longer are marked on the board. Empty marks nobody.",
        error_messages={"invalid": "Enter a number of days."},
    )

    @classmethod
    def of(cls, stage: PipelineStage | None) -> "StageForm":
        if stage is None:
            return cls(initial={"hue": "blue"})
        ends = "won" if stage.is_won_stage else "lost" if stage.is_lost_stage else ""
        return cls(
            initial={
                "name": stage.name,
                "hue": stage.hue,
                "ends": ends,
                "chance": stage.chance,
                "rests_after_days": stage.rests_after_days,
            }
        )

    @property
    def values(self) -> dict[str, Any]:
        told = dict(self.cleaned_data)
        ends = told.pop("ends")
        return {**told, "is_won_stage": ends == "won", "is_lost_stage": ends == "lost"}


class StageRemovalForm(forms.Form):
    into = forms.ModelChoiceField(
        label="Where do the people go?",
        queryset=None,
        empty_label="Choose a stage",
        error_messages={
            "required": "Choose where the people of this stage go.",
            "invalid_choice": "Choose a stage from the list.",
        },
    )  # type: ignore[var-annotated]

    def __init__(self, *args: Any, others: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["into"].queryset = others  # type: ignore[attr-defined]


class MoveForm(forms.Form):
    """Where a person goes on the board. ``seen``, ``above`` and ``below`` come from a board that was dragged on."""

    stage = forms.ModelChoiceField(queryset=None, required=False, empty_label="No stage",
                                   error_messages={"invalid_choice": "That stage is gone. Choose another."})  # type: ignore[var-annotated]  # fmt: skip
    place = forms.ChoiceField(label="Where in the stage", choices=PLACES, required=False)
    reason = WordsField(
        label="Why are they lost?",
        max_length=200,
        required=False,
        help_text="Needed when the stage is a lost one.",
        error_messages=LONG,
    )
    seen = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    above = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    below = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    dragged = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, stages: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stage"].queryset = stages  # type: ignore[attr-defined]

    def clean_above(self) -> UUID | None:
        return _id(self.cleaned_data["above"])

    def clean_below(self) -> UUID | Unsaid | None:
        given = self.cleaned_data["below"]
        return UNSAID if given == MORE else _id(given)

    @property
    def stage_id(self) -> UUID | None:
        stage: PipelineStage | None = self.cleaned_data["stage"]
        return stage.pk if stage else None

    @property
    def seen_stage(self) -> UUID | Unsaid | None:
        """The stage the person was in when the mover looked; a form that does not say leaves it open."""
        return _id(self.cleaned_data.get("seen", "")) if "seen" in self.data else UNSAID

    @property
    def spot(self) -> Spot:
        told = self.cleaned_data
        if told["dragged"]:
            return Spot(told["above"], told["below"], seen_empty=told["below"] is None)
        return Spot(below=UNSAID, at_end=told["place"] == "bottom")


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise ValidationError("The board sent something unreadable. Load the page again.") from None
