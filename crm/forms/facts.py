import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms

from accounts.forms.packages import WordsField
from crm.forms.seen import SeenForm
from crm.models import Lead
from crm.services.facts import as_text
from crm.status import BY_HAND

LONG = {"max_length": "Keep it under %(limit_value)s characters."}
NOT_IN_LIST = {"invalid_choice": "Choose one from the list."}


class FactsForm(SeenForm):
    """What people say of a person: how it stands, how they feel, and who looks after them."""

    status_by_hand = forms.ChoiceField(
        label="Status",
        required=False,
        choices=[("", "As the facts say"), *((each.value, each.label) for each in BY_HAND)],
        error_messages=NOT_IN_LIST,
    )
    sentiment = forms.ChoiceField(
        label="Sentiment",
        required=False,
        choices=[("", "Not said"), *Lead.Sentiment.choices],
        error_messages=NOT_IN_LIST,
    )
    owner = forms.TypedChoiceField(
        label="Owner", required=False, coerce=UUID, empty_value=None, error_messages=NOT_IN_LIST
    )

    def __init__(self, data: Any = None, *, owners: Mapping[UUID, str], lead: Lead) -> None:
        self.lead, shown = lead, as_text(lead)
        super().__init__(data, initial={**shown, "seen": json.dumps(shown)})
        choices = [("", "Nobody"), *((str(pk), name) for pk, name in owners.items())]
        if lead.owner_id and lead.owner_id not in owners:
            choices.append(
                (str(lead.owner_id), f"{lead.owner.name if lead.owner else 'Somebody'} (has left)")
            )
        self.fields["owner"].choices = choices  # type: ignore[attr-defined]

    def words(self, name: str, text: str) -> str:
        """A value as the list of its field says it."""
        choices: Any = self.fields[name].choices  # type: ignore[attr-defined]
        return str(dict(choices).get(text, "something else"))


class NumberForm(forms.Form):
    reason = WordsField(
        label="How do you know?", max_length=200, help_text="It stands in the person’s timeline.",
        error_messages={"required": "Say in a few words how you know.", **LONG},
    )  # fmt: skip


class LeadStageForm(forms.Form):
    """Where a person stands in the pipeline, and for a stage that is lost why."""

    stage = forms.ModelChoiceField(
        queryset=None, required=False, empty_label="No stage", error_messages=NOT_IN_LIST
    )  # type: ignore[var-annotated]
    reason = WordsField(label="Why nothing came of it", max_length=200, required=False, error_messages=LONG)

    def __init__(self, data: Any = None, *, stages: Any, lead: Lead) -> None:
        super().__init__(data, initial={"stage": lead.stage_id, "reason": lead.lost_reason})
        self._lead = lead
        field: Any = self.fields["stage"]
        field.queryset = stages
        self.offered = list(stages)  # asked for once
        field.choices = [("", field.empty_label), *((each.pk, str(each)) for each in self.offered)]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        stage = data.get("stage")
        if stage and stage.is_lost_stage and not data.get("reason") and "reason" not in self.errors:
            self.add_error("reason", f"Say why {self._lead.name} is lost.")
        return data
