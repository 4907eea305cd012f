from typing import Any

from django import forms

from crm.classification.categories import LABELS
from crm.services.ctm_connect import CTMKeys
from lib.payloads import clean_text


class RatingForm(forms.Form):
    rating = forms.TypedChoiceField(
        choices=[("", "No stars"), *[(str(n), str(n)) for n in range(1, 6)]],
        coerce=int,
        empty_value=None,
        required=False,
        error_messages={"invalid_choice": "Choose between one and five stars."},
    )


class CategoryForm(forms.Form):
    category = forms.ChoiceField(
        choices=list(LABELS.items()),
        error_messages={"invalid_choice": "Choose one of the categories in the list."},
    )


class NoteForm(forms.Form):
    body = forms.CharField(
        label="Note",
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={
            "required": "Write something first.",
            "max_length": "Keep a note under 10,000 characters; this one has %(show_value)s.",
        },
    )

    def clean_body(self) -> str:
        return clean_text(self.cleaned_data["body"])


class TagForm(forms.Form):
    name = forms.CharField(
        label="Tag",
        max_length=60,
        error_messages={"required": "Name the tag.", "max_length": "Keep a tag under 60 characters."},
    )

    def clean_name(self) -> str:
        return " ".join(clean_text(self.cleaned_data["name"]).split())


class StageForm(forms.Form):
    stage = forms.ModelChoiceField(queryset=None, required=False, empty_label="No stage")  # type: ignore[var-annotated]

    def __init__(self, *args: Any, stages: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stage"].queryset = stages  # type: ignore[attr-defined]


class ConnectForm(forms.Form):
    """The keys of a CTM account. Secrets are never sent back to the browser."""

    account_number = forms.CharField(
        label="Account number",
        max_length=40,
        help_text="The number in the address bar of CallTrackingMetrics, after /accounts/.",
        error_messages={"required": "Enter the account number."},
    )
    access_key = forms.CharField(
        label="Access key", max_length=200, error_messages={"required": "Enter the access key."}
    )
    secret_key = forms.CharField(
        label="Secret key",
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Enter the secret key."},
    )
    signing_secret = forms.CharField(
        label="Webhook signing secret",
        max_length=200,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Leave empty to keep the one we have.",
    )

    @property
    def keys(self) -> CTMKeys:
        data = self.cleaned_data
        return CTMKeys(data["access_key"].strip(), data["secret_key"].strip(), data["account_number"].strip())
