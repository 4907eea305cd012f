from django import forms

from lib.payloads import clean_text


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Why do you need to change something?",
        help_text="One sentence. It is kept, and the client's owner can read it.",
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": "Say in a sentence what you are about to change, and why.",
            "max_length": "Keep the reason under 300 characters; this one has %(show_value)s.",
        },
    )

    def clean_reason(self) -> str:
        return clean_text(self.cleaned_data["reason"])
