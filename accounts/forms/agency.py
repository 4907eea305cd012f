"""Forms about the agency itself."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.forms.packages import WordsField
from accounts.models import Agency, Client
from accounts.shades import OUR_OWN
from accounts.zones import zone_choices
from lib.colour import is_hex

NO_ZONE = {"invalid_choice": "Choose a time zone from the list."}


class AgencyForm(forms.Form):
    name = WordsField(
        label="Name",
        max_length=200,
        help_text="Your clients read it on every page and in every mail.",
        error_messages={
            "required": "Name your agency.",
            "max_length": "Keep the name under 200 characters.",
        },
    )
    timezone = forms.ChoiceField(
        label="Time zone",
        choices=zone_choices,
        help_text="For everybody who has not chosen one.",
        error_messages=NO_ZONE,
    )
    client_timezone = forms.ChoiceField(
        label="Time zone of new clients", choices=zone_choices, error_messages=NO_ZONE
    )
    client_industry = forms.ChoiceField(label="Industry of new clients", choices=Client.Industry)

    dialer_url = WordsField(
        label="Dialer",
        max_length=300,
        required=False,
        help_text="The address that calls somebody, with {number} for the number, such as "
        "https://dialer.example/call?to={number}. Without one a click calls by the telephone.",
        error_messages={"max_length": "Keep the address under 300 characters."},
    )

    def clean_dialer_url(self) -> str:
        given: str = self.cleaned_data["dialer_url"]
        if given and not (given.startswith(("https://", "tel:", "sip:", "callto:")) and "{number}" in given):
            raise ValidationError("Begin with https://, tel:, sip: or callto:, and write {number} once.")
        return given

    @classmethod
    def of(cls, agency: Agency) -> "AgencyForm":
        begin = agency.settings.get("new_clients", {})
        return cls(
            initial={
                "name": agency.name,
                "timezone": agency.timezone,
                "client_timezone": begin.get("timezone", agency.timezone),
                "dialer_url": agency.settings.get("dialer_url", ""),
                "client_industry": begin.get("industry", Client.Industry.OTHER),
            }
        )

    @property
    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        begin = {"timezone": data["client_timezone"], "industry": data["client_industry"]}
        return {
            "name": data["name"],
            "timezone": data["timezone"],
            "new_clients": begin,
            "dialer_url": data["dialer_url"],
        }


class ColourField(forms.CharField):
    """``#4c5bd4`` in small letters. The browser's own colour picker where it has one."""

    widget = forms.TextInput(attrs={"type": "color", "class": "swatch"})

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").strip().lower()

    def validate(self, value: str) -> None:
        super().validate(value)
        if not is_hex(value):
            raise ValidationError("Write the colour as # and six digits, such as #4c5bd4.")


class BrandingForm(forms.Form):
    colour = ColourField(
        label="Colour",
        help_text="Buttons, links, ticks and charts take it. Shades for light and dark follow by themselves.",
    )
    sender = WordsField(
        label="Mails come from",
        max_length=100,
        required=False,
        help_text="Empty: your agency’s name.",
        error_messages={"max_length": "Keep it under 100 characters."},
    )

    @classmethod
    def of(cls, agency: Agency) -> "BrandingForm":
        looks = agency.branding
        return cls(initial={"colour": looks.get("brand") or OUR_OWN, "sender": looks.get("sender", "")})

    def clean_sender(self) -> str:
        sender: str = self.cleaned_data["sender"]
        if any(each in sender for each in '<>@",;:\\'):
            raise ValidationError("Use a plain name, without an address or marks like < and @.")
        return sender


class LogoForm(forms.Form):
    picture = forms.FileField(
        label="Picture",
        required=False,
        help_text="PNG, JPEG or WebP, up to 5 MB. A square reads best; we make it 512 pixels at most.",
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
        error_messages={"empty": "The file is empty.", "invalid": "Choose a picture."},
    )
    remove = forms.BooleanField(label="Show no logo", required=False)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not self.errors and not data.get("picture") and not data.get("remove"):
            self.add_error("picture", "Choose a picture first.")
        return data
