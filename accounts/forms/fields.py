from typing import Any

from django import forms

from accounts.mail_addresses import clean_address


class AddressField(forms.CharField):
    """An e-mail address a person may have here, in the one way to write it. ``missing`` are the words for a gap."""

    def __init__(self, *, label: str = "E-mail", missing: str, **attrs: Any) -> None:
        widget = forms.EmailInput(attrs={"autocomplete": "email", **attrs})
        super().__init__(label=label, max_length=320, widget=widget, error_messages={"required": missing})

    def clean(self, value: Any) -> str:
        return clean_address(super().clean(value))
