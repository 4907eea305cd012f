"""Forms about one client."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.forms.packages import WordsField
from accounts.models import Agency, Client, ClientAssignment, ClientProfile
from accounts.services.clients import AGENCYS_OWN, CONTACT, FACTS
from accounts.tenancy import Actor
from accounts.zones import zone_choices
from lib import phones
from lib.payloads import clean_text

MOST_ADDRESSES = 20
LONG = {"max_length": "Keep it under %(limit_value)s characters."}


def words(label: str, most: int, *, help_text: str = "") -> WordsField:
    return WordsField(label=label, max_length=most, required=False, help_text=help_text, error_messages=LONG)


def email(label: str, *, help_text: str = "") -> forms.EmailField:
    wrong = {"invalid": "Enter an e-mail address, such as desk@example.com."}
    return forms.EmailField(label=label, required=False, help_text=help_text, error_messages=wrong)


def address(label: str, *, help_text: str = "") -> forms.URLField:
    wrong = {"invalid": "Enter a web address, such as https://example.com."}
    return forms.URLField(
        label=label, required=False, assume_scheme="https", help_text=help_text, error_messages=wrong
    )


class AddressesField(forms.CharField):
    """E-mail addresses, one a line; a comma or a semicolon parts them too."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": 3}), required=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        text = clean_text(str(value or "")).replace(",", " ").replace(";", " ")
        return list(dict.fromkeys(text.split()))

    def validate(self, value: Any) -> None:
        if len(value) > MOST_ADDRESSES:
            raise ValidationError(f"Enter {MOST_ADDRESSES} addresses at most; these are {len(value)}.")
        for each in value:
            try:
                validate_email(each)
            except ValidationError:
                raise ValidationError(
                    "“%(each)s” is not an e-mail address.", params={"each": each[:80]}
                ) from None

    def run_validators(self, value: Any) -> None:
        """Each address was checked above: those of ``CharField`` look at one text."""


def defaults_for_clients(actor: Actor) -> dict[str, str]:
    """What the agency wants its new clients to begin with."""
    agency = Agency.objects.get(pk=actor.agency_id)
    chosen = agency.settings.get("new_clients", {})
    return {"timezone": agency.timezone, "industry": Client.Industry.OTHER, **chosen}


class FactsForm(forms.Form):
    """What a client is called and how it is reached."""

    name = WordsField(
        label="Name",
        max_length=200,
        error_messages={"required": "Name the client.", **LONG},
    )
    industry = forms.ChoiceField(choices=Client.Industry)
    subtype = words("Kind of business", 40, help_text="Such as orthodontist, or roofing.")
    email = email("E-mail")
    phone = words("Phone", 40)
    website = address("Website")
    timezone = forms.ChoiceField(
        label="Time zone",
        choices=zone_choices,
        help_text="Days and months begin by this clock.",
        error_messages={"invalid_choice": "Choose a time zone from the list."},
    )


class ProfileForm(FactsForm):
    """The facts and the contact block. A client's own people don't get the fields that are the agency's."""

    country = forms.ChoiceField(
        label="Country of phone numbers", choices=phones.regions, required=False,
        help_text="Numbers that are typed without a country code are read as dialled there.",
        error_messages={"invalid_choice": "Choose a country from the list."},
    )  # fmt: skip
    call_tracking_main_number = words("Main tracking number", 40)
    front_desk_emails = AddressesField(label="Front desk", help_text="E-mail addresses, one a line.")
    form_email_recipients = AddressesField(
        label="Who gets web forms", help_text="E-mail addresses, one a line."
    )
    office_admin_name = words("Office manager", 200)
    office_admin_email = email("Office manager’s e-mail")
    office_admin_phone = words("Office manager’s phone", 40)
    monthly_revenue_goal = forms.DecimalField(
        label="Revenue goal a month",
        required=False,
        min_value=0,
        max_digits=10,
        decimal_places=2,
        error_messages={"invalid": "Enter an amount, such as 25000."},
    )
    looker_url = address("Looker report", help_text="Shown to you only.")

    def __init__(self, *args: Any, is_staff: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in () if is_staff else AGENCYS_OWN:
            del self.fields[name]

    @classmethod
    def of(cls, client: Client, profile: ClientProfile | None, *, is_staff: bool) -> "ProfileForm":
        known = profile or ClientProfile()
        initial = {name: getattr(client, name) for name in FACTS}
        initial |= {name: getattr(known, name) for name in CONTACT} | {"country": client.phone_country}
        return cls(initial=initial, is_staff=is_staff)


class StatusForm(forms.Form):
    status = forms.ChoiceField(choices=Client.Status)


class AssignForm(forms.Form):
    user = forms.ChoiceField(
        label="Person", error_messages={"invalid_choice": "Choose somebody who works for your agency."}
    )
    kind = forms.ChoiceField(label="As", choices=ClientAssignment.Kind)

    def __init__(self, *args: Any, staff: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].choices = staff  # type: ignore[attr-defined]
