"""Fields for instants and money as people type them."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.forms.utils import to_current_timezone
from django.utils import timezone

CURRENCIES = [(each, each) for each in ("USD", "CAD", "EUR", "GBP", "AUD", "NZD")]


class MomentField(forms.DateTimeField):
    """A wall time of ``zone``, which a form sets before it is used. One that the clocks skip or repeat is refused."""

    zone: str = "UTC"

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "error_messages",
            {"invalid": "Enter a day and a time.", "ambiguous_timezone": "That time does not exist."},
        )
        super().__init__(
            widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"), **kwargs
        )

    def to_python(self, value: Any) -> Any:
        with timezone.override(ZoneInfo(self.zone)):
            return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, datetime):  # as it was typed
            return value
        with timezone.override(ZoneInfo(self.zone)):
            return to_current_timezone(value)


class DayField(forms.DateField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("error_messages", {"required": "Choose a day.", "invalid": "Enter a day."})
        super().__init__(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs)


class PriceField(forms.DecimalField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "error_messages", {"required": "Enter an amount.", "invalid": "Enter an amount, such as 1800."}
        )
        super().__init__(min_value=Decimal(0), max_digits=10, decimal_places=2, **kwargs)


class CurrencyField(forms.ChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=CURRENCIES, initial="USD", error_messages={
            "invalid_choice": "Choose a currency from the list."}, **kwargs)  # fmt: skip
