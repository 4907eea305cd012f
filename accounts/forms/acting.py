from django import forms

from lib.payloads import clean_text


def reason_field(label: str, *, help_text: str, missing: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": missing,
            "max_length": "Keep the reason under 300 characters; this one has %(show_value)s.",
        },
    )


class ReasonForm(forms.Form):
    reason = reason_field(
        "Why do you need to change something?",
        help_text="One sentence. It is kept, and the client's owner can read it.",
        missing="Say in a sentence what you are about to change, and why.",
    )

    def clean_reason(self) -> str:
        return clean_text(self.cleaned_data["reason"])


class EntryForm(ReasonForm):
    """For superusers, who say why before they look."""

    reason = reason_field(
        "Why do you need to look?",
        help_text="One sentence. It is kept, and the owners of the agency and of the client can read it.",
        missing="Say in a sentence why you need to see this portal.",
    )
