"""Forms about scores: a person's own number, and a client's weights."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.forms import BoundField
from django.http import QueryDict

from crm.score_weights import WEIGHTS


class OverrideForm(forms.Form):
    number = forms.IntegerField(
        label="Their score",
        min_value=0,
        max_value=100,
        error_messages={
            "required": "Say which number should count.",
            "invalid": "Write a whole number, such as 80.",
            "min_value": "A score is 0 at least.",
            "max_value": "A score is 100 at most.",
        },
        help_text="From 0 to 100. It counts until you lift it.",
    )
    reason = forms.CharField(
        label="Why",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": "Say why, for whoever reads this later.",
            "max_length": "Keep it under %(limit_value)s characters.",
        },
    )


class WeightsForm(forms.Form):
    """How many points each factor counts. ``seen`` is the version that the form was filled from."""

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    learned = forms.BooleanField(widget=forms.HiddenInput, required=False)  # filled from a suggestion

    def __init__(self, data: Any = None, *, weights: Mapping[str, int], seen: int) -> None:
        super().__init__(data, initial={**weights, "seen": seen})
        for each in WEIGHTS:
            self.fields[each.name] = forms.IntegerField(
                label=each.words,
                min_value=each.least,
                max_value=each.most,
                error_messages={
                    "required": "Write a number; 0 for what should not count.",
                    "invalid": "Write a whole number.",
                    "min_value": f"Choose {each.least} or more.",
                    "max_value": f"Choose {each.most} or less.",
                },
            )

    def see(self, version: int) -> None:
        """Let what was typed be saved upon ``version``, once more."""
        self.data = (
            {**self.data.dict(), "seen": str(version)} if isinstance(self.data, QueryDict) else self.data
        )

    def groups(self) -> Iterator[tuple[str, list[BoundField]]]:
        for group in dict.fromkeys(each.group for each in WEIGHTS):
            yield group, [self[each.name] for each in WEIGHTS if each.group == group]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name, lower in (("hot_from", "warm_from"), ("warm_from", "cool_from")):
            if name in data and lower in data and data[name] <= data[lower]:
                word = name.partition("_")[0].capitalize()
                self.add_error(name, f"{word} has to begin above {lower.partition('_')[0]}.")
        return data

    @property
    def weights(self) -> dict[str, int]:
        return {each.name: self.cleaned_data[each.name] for each in WEIGHTS}
