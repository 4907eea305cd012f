from typing import Any

from django import forms

from accounts.factors import PREFERABLE, WORDS, Factors
from accounts.models import MFASettings


class CodeForm(forms.Form):
    code = forms.CharField(
        label="Code from the app",
        max_length=20,
        error_messages={"required": "Type the six digits that your app shows."},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )


class PasskeyForm(forms.Form):
    name = forms.CharField(
        label="Name",
        max_length=60,
        help_text="So that you know it again, for example “Work laptop”.",
        error_messages={"required": "Give the passkey a name."},
    )
    credential = forms.CharField(required=False, max_length=20_000, widget=forms.HiddenInput)


class PasskeyNameForm(forms.Form):
    name = forms.CharField(
        label="Name", max_length=60, error_messages={"required": "Give the passkey a name."}
    )


class MethodsForm(forms.Form):
    """Offers what the person has; nothing else can be preferred."""

    preferred = forms.ChoiceField(label="Ask me first for", required=False)
    by_email = forms.BooleanField(label="Also accept codes by e-mail", required=False)

    def __init__(self, *args: Any, factors: Factors, strong: bool, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {
            "preferred": factors.settings.preferred_method, "by_email": factors.settings.email_otp_enabled,
        })  # fmt: skip
        super().__init__(*args, **kwargs)
        held = {
            MFASettings.Method.TOTP: bool(factors.totp),
            MFASettings.Method.WEBAUTHN: bool(factors.passkeys),
        }
        held[MFASettings.Method.EMAIL] = not strong
        offered = [(key.value, WORDS[PREFERABLE[key]]) for key, has in held.items() if has]
        field: Any = self.fields["preferred"]
        field.choices = [("", "Whatever is safest"), *offered]
        if strong:
            del self.fields["by_email"]
