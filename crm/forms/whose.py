from collections.abc import Sequence
from typing import Any

from django import forms

from accounts.directory import ClientFacts


class ClientField(forms.ChoiceField):
    """Which client it is about; whoever has one client alone is not asked."""

    def __init__(self, *, label: str, **kwargs: Any) -> None:
        words = {
            "required": "Choose a client.",
            "invalid_choice": "Choose one of the clients in the list.",
        }
        super().__init__(label=label, error_messages=words, **kwargs)

    def offer(self, clients: Sequence[ClientFacts]) -> None:
        choices = [(str(client.id), client.name) for client in clients]
        if len(choices) == 1:
            self.widget, self.initial, self.choices = forms.HiddenInput(), choices[0][0], choices
        else:
            self.choices = [("", "Choose a client"), *choices]
