from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.forms.entry import NAME_LONGEST, one_line
from accounts.forms.fields import AddressField
from accounts.zones import zone_choices
from lib.pictures import PictureRefused, square


class ProfileForm(forms.Form):
    name = forms.CharField(
        label="Your name",
        max_length=NAME_LONGEST,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={
            "required": "Tell us what to call you.",
            "max_length": f"Keep the name under {NAME_LONGEST} characters.",
        },
    )
    timezone = forms.ChoiceField(
        label="Your time zone",
        required=False,
        help_text="In which you read every time here.",
        error_messages={"invalid_choice": "Choose one of the zones in the list."},
    )
    picture = forms.FileField(
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
        help_text="PNG, JPEG or WebP, at most 5 MB. We keep the middle of it as a square.",
        error_messages={"empty": "This file is empty. Choose another one."},
    )
    remove_picture = forms.BooleanField(label="Remove the picture I have now", required=False)

    def __init__(self, *args: Any, has_picture: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["timezone"].choices = [("", "As my house has it"), *zone_choices()]  # type: ignore[attr-defined]
        if not has_picture:
            del self.fields["remove_picture"]

    def clean_name(self) -> str:
        name = one_line(self.cleaned_data["name"])
        if not name:
            raise ValidationError("Tell us what to call you.", code="required")
        return name

    def clean_picture(self) -> bytes | None:
        upload = self.cleaned_data["picture"]
        if not upload:
            return None
        try:
            return square(upload.read())
        except PictureRefused as refusal:
            raise ValidationError(str(refusal), code="picture") from None


class AddressForm(forms.Form):
    email = AddressField(label="New address", missing="Write your new address.")
