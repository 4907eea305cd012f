"""Forms about a person and about a company."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.forms.clients import LONG, address, email, words
from accounts.forms.packages import WordsField
from accounts.zones import zone_choices
from crm.extras import NotAFact, read_lines
from crm.forms.seen import SeenForm
from crm.identity import domain_of, profile_address
from crm.models import Lead
from crm.services.leads import FIELDS
from lib import phones
from lib.payloads import clean_text

NOT_IN_LIST = {"invalid_choice": "Choose one from the list."}


class ExtrasField(forms.CharField):
    """``Name: value``, one a line."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": 3}), required=False, **kwargs)

    def to_python(self, value: Any) -> Any:
        try:
            return read_lines(str(value or ""))
        except NotAFact as wrong:
            raise ValidationError(str(wrong)) from None

    def validate(self, value: Any) -> None:
        """Each line was looked at above."""

    def run_validators(self, value: Any) -> None:
        """As above."""


class LeadForm(SeenForm):
    """Every field of a person that people fill in."""

    client = forms.ChoiceField(
        label="Client", error_messages={"required": "Choose the client.", **NOT_IN_LIST}
    )
    first_name = words("First name", 100)
    last_name = words("Last name", 100)
    display_name = words("Name as shown", 200, help_text="Only if it is not first and last name.")
    phone = words("Phone", 40)
    email = email("E-mail")
    email_status = forms.ChoiceField(
        label="E-mail status",
        choices=Lead.EmailStatus,
        required=False,
        initial=Lead.EmailStatus.UNKNOWN,
        error_messages=NOT_IN_LIST,
    )
    company_name = words("Company", 200)
    title = words("Title", 160, help_text="What they do there, such as office manager.")
    seniority = words("Seniority", 60)
    linkedin_url = words("LinkedIn profile", 300)
    industry = words("Industry", 100)
    location = words("Address or area", 200)
    city = words("City", 100)
    state = words("State", 60)
    country = words("Country", 60)
    timezone = forms.ChoiceField(label="Time zone", required=False, error_messages=NOT_IN_LIST)
    source = forms.ChoiceField(
        label="Source",
        choices=Lead.Source,
        required=False,
        initial=Lead.Source.MANUAL,
        error_messages=NOT_IN_LIST,
    )
    external_ref = words("Reference", 120, help_text="Their number in another system.")
    value = forms.DecimalField(
        label="Expected value", required=False, min_value=0, max_digits=10, decimal_places=2,
        error_messages={"invalid": "Enter an amount, such as 499.00.", "min_value": "Enter 0 or more."},
    )  # fmt: skip
    currency = forms.RegexField(
        regex=r"^[A-Z]{3}$", required=False, initial="USD",
        error_messages={"invalid": "Use three capital letters, such as USD."},
    )  # fmt: skip
    notes = forms.CharField(
        label="Remarks",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages=LONG,
    )
    extras = ExtrasField(label="Further facts", help_text="One a line, such as Insurance: Delta Dental.")

    def __init__(
        self,
        *args: Any,
        clients: list[tuple[str, str]],
        region: str = "US",
        aside: Sequence[str] = (),
        **kwargs: Any,
    ) -> None:
        """``clients`` to choose among; with one or none the field is left out. ``aside`` names the further facts that
        are not for typing.
        """
        super().__init__(*args, **kwargs)
        self.aside = aside
        self._region = region
        if len(clients) > 1:
            self.fields["client"].choices = clients  # type: ignore[attr-defined]
        else:
            del self.fields["client"]
        self.fields["timezone"].choices = [("", "By the number or the client"), *zone_choices()]  # type: ignore[attr-defined]

    def clean_phone(self) -> str:
        given: str = self.cleaned_data["phone"]
        if given and not self.is_untouched("phone") and not phones.parse(given, self._region).e164:
            raise ValidationError("This is no phone number we can dial. Write it with its area code.")
        return given

    def clean_linkedin_url(self) -> str:
        given: str = self.cleaned_data["linkedin_url"]
        if self.is_untouched("linkedin_url"):
            return given
        if given and not profile_address(given):
            raise ValidationError("Enter a profile’s address, such as linkedin.com/in/dana.")
        return profile_address(given) if given else ""

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()

    def clean_email_status(self) -> str:
        return self.cleaned_data["email_status"] or Lead.EmailStatus.UNKNOWN

    def clean_source(self) -> str:
        return self.cleaned_data["source"] or Lead.Source.MANUAL

    def clean_currency(self) -> str:
        return self.cleaned_data["currency"] or "USD"

    def clean_extras(self) -> dict[str, str]:
        typed: dict[str, str] = self.cleaned_data["extras"]
        if both := [name for name in typed if name in self.aside]:
            raise ValidationError(
                f"“{both[0]}” is there already and can’t be changed here. Use another name."
            )
        return typed

    def clean_notes(self) -> str:
        if self.is_untouched("notes"):
            return self.seen_values["notes"]
        return clean_text(self.cleaned_data["notes"]).replace("\r\n", "\n").strip()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and not any(data.get(name) for name in NAMING):
            raise ValidationError("Enter a name, a phone number or an e-mail address.")
        return data

    @property
    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in FIELDS}


NAMING = ("first_name", "last_name", "display_name", "phone", "email", "company_name")


class CompanyForm(SeenForm):
    name = WordsField(label="Name", max_length=200, error_messages={"required": "Name the company.", **LONG})
    website = address("Website")
    domain = words("Domain", 253, help_text="The end of its people’s addresses, such as example.com.")
    industry = words("Industry", 100)
    size = words("Size", 40, help_text="Such as 11-50.")
    city = words("City", 100)
    state = words("State", 60)
    country = words("Country", 60)

    def clean_domain(self) -> str:
        given: str = self.cleaned_data["domain"]
        if given and not domain_of(given):
            raise ValidationError("Enter a domain, such as example.com.")
        return domain_of(given) if given else ""
