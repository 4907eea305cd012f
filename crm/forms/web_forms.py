"""Forms about a client's web forms, and the web form itself."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.directory import ClientFacts
from accounts.forms.packages import WordsField
from crm.form_words import MOST_WORDS
from crm.forms.whose import ClientField
from crm.models import InboundForm

STANDARD = {  # name: (label, kind, what browsers fill in by themselves)
    "name": ("Your name", "text", "name"),
    "email": ("E-mail", "email", "email"),
    "phone": ("Phone", "phone", "tel"),
    "message": ("How can we help?", "message", ""),
}
MOST_QUESTIONS, MOST_RECIPIENTS = 10, 10


class WebFormForm(forms.Form):
    client = ClientField(label="Whose form is it?")
    name = WordsField(
        label="Name",
        max_length=120,
        help_text="For yourselves, such as “Contact page”.",
        error_messages={"required": "Name the form.", "max_length": "Keep the name under 120 characters."},
    )
    asked = forms.MultipleChoiceField(
        label="What it asks for",
        choices=[(name, label) for name, (label, _, _) in STANDARD.items()],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one."},
    )
    required = forms.MultipleChoiceField(
        label="What must be filled in",
        choices=[(name, label) for name, (label, _, _) in STANDARD.items()],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    questions = forms.CharField(
        label="Further questions",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One a line.",
    )
    recipients = forms.CharField(
        label="Who gets a mail",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="One address a line. The mail says who wrote, never what.",
    )
    thanks = forms.CharField(
        label="What the sender reads afterwards",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "Thank you. We will be in touch."}),
        error_messages={"max_length": "Keep it under 1,000 characters."},
    )
    active = forms.BooleanField(label="The form takes messages", required=False, initial=True)

    def __init__(
        self, data: Any = None, *, clients: Sequence[ClientFacts], form: InboundForm | None = None
    ) -> None:
        super().__init__(data, initial=_begin(form))
        if form is not None:
            del self.fields["client"]
        else:
            offered: Any = self.fields["client"]
            offered.offer(clients)

    def clean_questions(self) -> list[str]:
        lines = [
            " ".join(line.split()) for line in self.cleaned_data["questions"].splitlines() if line.strip()
        ]
        if len(lines) > MOST_QUESTIONS:
            raise ValidationError(f"Ask at most {MOST_QUESTIONS} further questions; these are {len(lines)}.")
        long = next((line for line in lines if len(line) > 120), "")
        if long:
            raise ValidationError(f"Keep each question under 120 characters: “{long[:40]}…”.")
        return list(dict.fromkeys(lines))

    def clean_recipients(self) -> list[str]:
        addresses = [line.strip() for line in self.cleaned_data["recipients"].splitlines() if line.strip()]
        for address in addresses:
            try:
                validate_email(address)
            except ValidationError:
                raise ValidationError(f"“{address}” is not an e-mail address.") from None
        if len(addresses) > MOST_RECIPIENTS:
            raise ValidationError(f"Name at most {MOST_RECIPIENTS} addresses; these are {len(addresses)}.")
        return list(dict.fromkeys(addresses))

    @property
    def values(self) -> dict[str, Any]:
        """For `crm.services.web_forms.save_form`."""
        given = self.cleaned_data
        required = set(given["required"])
        fields = [
            {"name": name, "label": label, "kind": kind, "required": name in required}
            for name, (label, kind, _) in STANDARD.items()
            if name in given["asked"]
        ]
        fields += [
            {"name": each, "label": each, "kind": "text", "required": False} for each in given["questions"]
        ]
        return {
            "name": given["name"], "fields": fields, "recipients": given["recipients"], "thanks": given["thanks"],
            "active": given["active"],
        }  # fmt: skip


def _begin(form: InboundForm | None) -> dict[str, Any]:
    if form is None:
        return {"asked": list(STANDARD), "required": ["name"], "active": True}
    names = [each["name"] for each in form.fields]
    return {
        "name": form.name,
        "asked": [name for name in names if name in STANDARD],
        "required": [each["name"] for each in form.fields if each["required"]],
        "questions": "\n".join(name for name in names if name not in STANDARD),
        "recipients": "\n".join(form.recipients),
        "thanks": form.thanks,
        "active": form.active,
    }


class PublicForm(forms.Form):
    """The web form as its sender sees it. An address must be one; a number may be written in any way."""

    def __init__(self, data: Any = None, *, form: InboundForm) -> None:
        super().__init__(data)
        for each in form.fields:
            self.fields[each["name"]] = _field(each)


def _field(told: dict[str, Any]) -> forms.Field:
    label, kind = told["label"], told["kind"]
    words = {
        "required": f"Please fill in “{label}”.",
        "max_length": "That is too long: keep it under %(limit_value)s characters.",
        "invalid": "This is not an e-mail address. It looks like name@example.com.",
    }
    auto = STANDARD.get(told["name"], ("", "", ""))[2]
    attrs = {"autocomplete": auto} if auto else {}
    same: dict[str, Any] = {"label": label, "required": told["required"], "error_messages": words}
    if kind == "email":
        return forms.EmailField(widget=forms.EmailInput(attrs), **same)
    if kind == "message":
        return forms.CharField(max_length=MOST_WORDS, widget=forms.Textarea(attrs={"rows": 4}), **same)
    typed = forms.TextInput(attrs={**attrs, **({"type": "tel"} if kind == "phone" else {})})
    return forms.CharField(max_length=500, widget=typed, **same)
