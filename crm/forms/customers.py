"""Forms about what a client sells, to whom, and what came of it."""

from typing import Any

from django import forms
from django.forms.formsets import BaseFormSet, formset_factory

from accounts.forms.packages import WordsField
from crm.forms.moments import CurrencyField, DayField, MomentField, PriceField
from crm.models import Customer, Outcome, Service, ServiceAgreement
from crm.services.conversions import Agreed
from crm.services.customers import BY_HAND
from lib import phones
from lib.payloads import clean_text

LONG = {"max_length": "Keep it under %(limit_value)s characters."}
MOST_SERVICES = 10


class ServiceForm(forms.Form):
    name = WordsField(label="Name", max_length=160, error_messages={"required": "Name the service.", **LONG})
    base_price = PriceField(label="Usual price", required=False)
    currency = CurrencyField()
    description = forms.CharField(
        label="What it is", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3}),
        error_messages=LONG,
    )  # fmt: skip
    active = forms.BooleanField(label="Offered at present", required=False, initial=True)

    @classmethod
    def of(cls, service: Service | None) -> "ServiceForm":
        fields = ("name", "base_price", "currency", "description", "active")
        return cls(initial={name: getattr(service, name) for name in fields} if service else None)

    def clean_description(self) -> str:
        return clean_text(self.cleaned_data["description"]).strip()


class CustomerForm(forms.Form):
    name = WordsField(label="Name", max_length=200, error_messages={"required": "Name the customer.", **LONG})
    phone = WordsField(label="Phone", max_length=40, required=False, error_messages=LONG)
    email = forms.EmailField(
        label="E-mail",
        required=False,
        error_messages={"invalid": "Enter an e-mail address, such as lee@example.com."},
    )

    @classmethod
    def of(cls, customer: Customer) -> "CustomerForm":
        return cls(
            initial={
                "name": customer.name,
                "phone": customer.phone or customer.phone_e164,
                "email": customer.email,
            }
        )

    def values(self, region: str) -> dict[str, str]:
        """``region``: the country of the client, whose people write its numbers without a code."""
        told = self.cleaned_data
        return {**told, "phone_e164": phones.parse(told["phone"], region).e164}


class AgreedServiceForm(forms.Form):
    """One service that somebody agreed to: of the catalogue, or by its name."""

    service = forms.ModelChoiceField(
        queryset=None, required=False, empty_label="Something else",
        error_messages={"invalid_choice": "Choose a service from the list."},
    )  # type: ignore[var-annotated]  # fmt: skip
    service_name = WordsField(
        label="What, if it is not in the list", max_length=160, required=False, error_messages=LONG
    )
    agreed_price = PriceField(label="Agreed price", required=False)
    currency = CurrencyField(required=False)

    def __init__(self, *args: Any, services: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].queryset = services  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        named = told.get("service") or told.get("service_name")
        priced = told.get("agreed_price") is not None
        if named and not priced and "agreed_price" not in self.errors:
            service = told.get("service")
            if service is None or service.base_price is None:
                self.add_error("agreed_price", "Enter the price they agreed to.")
            else:
                told["agreed_price"], told["currency"] = service.base_price, service.currency
        if priced and not named and "service" not in self.errors:
            self.add_error("service_name", "Say what they agreed to.")
        return told

    @property
    def agreed(self) -> Agreed | None:
        told = self.cleaned_data
        if not (told.get("service") or told.get("service_name")):
            return None
        return Agreed(told["service"], told["service_name"], told["agreed_price"], told["currency"] or "USD")


class AgreedFormSet(BaseFormSet):  # type: ignore[type-arg]
    """The services of one conversion; empty rows are passed over."""

    @property
    def agreed(self) -> list[Agreed]:
        return [each.agreed for each in self.forms if each.agreed]

    def clean(self) -> None:
        if not any(self.errors) and not any(each.agreed for each in self.forms):
            raise forms.ValidationError("Name at least one service.")


AgreedServices: Any = formset_factory(
    AgreedServiceForm, formset=AgreedFormSet, extra=2, max_num=MOST_SERVICES, absolute_max=MOST_SERVICES,
    validate_max=True,
)  # fmt: skip


class AgreedDayForm(forms.Form):
    agreed_on = DayField(label="Agreed on")


class AgreementForm(AgreedServiceForm):
    agreed_date = DayField(label="Agreed on")

    field_order = ("service", "service_name", "agreed_price", "currency", "agreed_date")

    @classmethod
    def of(cls, agreement: ServiceAgreement | None, *, services: Any, today: Any) -> "AgreementForm":
        if agreement is None:
            return cls(initial={"agreed_date": today}, services=services)
        names = ("service", "service_name", "agreed_price", "currency", "agreed_date")
        return cls(initial={name: getattr(agreement, name) for name in names}, services=services)

    def clean(self) -> dict[str, Any]:
        told = super().clean()
        if not self.errors and self.agreed is None:
            self.add_error("service_name", "Say what they agreed to.")
        return told

    @property
    def values(self) -> dict[str, Any]:
        return {**self.cleaned_data, "currency": self.cleaned_data["currency"] or "USD"}


class PriceOnlyForm(forms.Form):
    """An agreement of which nobody knows any more what it was about."""

    agreed_price = PriceField(label="Agreed price")
    currency = CurrencyField()
    agreed_date = DayField(label="Agreed on")

    @property
    def values(self) -> dict[str, Any]:
        return {**self.cleaned_data, "service": None, "service_name": ""}


class OutcomeForm(forms.Form):
    kind = forms.ChoiceField(
        label="Kind", choices=[each for each in Outcome.Kind.choices if each[0] != "deal"]
    )
    amount = PriceField(label="Amount")
    currency = CurrencyField()
    occurred_at = MomentField(label="When")

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["occurred_at"].zone = zone  # type: ignore[attr-defined]


class MilestoneForm(forms.Form):
    stage = forms.ChoiceField(
        label="Milestone",
        choices=[(each.value, each.label) for each in BY_HAND],
        error_messages={"invalid_choice": "Choose one of the milestones in the list."},
    )
    reached_at = MomentField(label="Reached")

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "milestone_%s")  # the other form of the page has the same names
        super().__init__(*args, **kwargs)
        self.fields["reached_at"].zone = zone  # type: ignore[attr-defined]


class CustomerFilter(forms.Form):
    status = forms.ChoiceField(
        choices=(("", "Active and inactive"), *Customer.Status.choices), required=False
    )
    q = WordsField(required=False, max_length=100)
