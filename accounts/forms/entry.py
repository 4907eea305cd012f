"""Forms of people who are not signed in yet."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.forms.fields import AddressField
from accounts.models import User

NAME_LONGEST = 100


def one_line(text: str) -> str:
    """``text`` in one line without signs that cannot be seen: names go into subjects of mails."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


class NewPasswordForm(forms.Form):
    """A password that passes the policy, typed twice."""

    password = forms.CharField(
        label="Password",
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 12 characters. A few words in a row are easy to remember.",
        error_messages={"required": "Choose a password."},
    )
    again = forms.CharField(
        label="The password again",
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": "Type the password a second time."},
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        password = told.get("password")
        if password and told.get("again") and password != told["again"]:
            self.add_error("again", "The two passwords differ. Type the second one again.")
        if password:
            try:
                validate_password(password, self.person)
            except ValidationError as refusal:
                self.add_error("password", refusal)
        return told


class AcceptForm(NewPasswordForm):
    name = forms.CharField(
        label="Your name",
        max_length=NAME_LONGEST,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={
            "required": "Tell us what to call you.",
            "max_length": f"Keep the name under {NAME_LONGEST} characters.",
        },
    )
    field_order = ("name", "password", "again")

    def clean_name(self) -> str:
        name = one_line(self.cleaned_data["name"])
        if not name:
            raise ValidationError("Tell us what to call you.", code="required")
        self.person.display_name = name  # the password must not resemble it
        return name


class ResetForm(forms.Form):
    email = AddressField(missing="Write the address you sign in with.")
