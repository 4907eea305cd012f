from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest

from accounts.models import User

KEEP = {"autocomplete": "current-password"}
NEW = {"autocomplete": "new-password"}


class PasswordForm(forms.Form):
    """The present password and a new one. The view must bear `accounts.attempts.counted`: a wrong one is a try."""

    current = forms.CharField(
        label="Your password now", strip=False, widget=forms.PasswordInput(attrs=KEEP), max_length=1000
    )
    new = forms.CharField(
        label="New password",
        strip=False,
        widget=forms.PasswordInput(attrs=NEW),
        max_length=1000,
        help_text="At least twelve characters. A few words that only you would put together are good.",
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.user: User = request.user  # type: ignore[assignment]

    def clean_current(self) -> str:
        """Comes first: a right one takes the tries off the count, however often the new one is found wanting."""
        password: str = self.cleaned_data["current"]
        if not is_own_password(self.request, password):
            raise forms.ValidationError("That is not your password. Please try again.")
        return password

    def clean_new(self) -> str:
        password: str = self.cleaned_data["new"]
        if password == self.cleaned_data.get("current"):
            raise forms.ValidationError("This is your password now. Choose another one.")
        validate_password(password, self.user)
        return password


def is_own_password(request: HttpRequest, password: str) -> bool:
    """Try ``password`` by the one way there is, which counts and records."""
    from allauth.account.adapter import get_adapter  # reads settings that name this app

    right: bool = get_adapter(request).reauthenticate(request.user, password)
    return right
