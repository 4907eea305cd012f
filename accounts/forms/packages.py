"""Forms about packages, subscriptions and credits."""

from typing import Any

from django import forms

from accounts.models import PermissionMode, ServicePackage, Subscription
from accounts.tenancy import Actor
from lib.payloads import clean_text

MOST_CREDITS = 1_000_000


class WordsField(forms.CharField):
    """One line of text as PostgreSQL can store it, its spaces tidied."""

    def to_python(self, value: Any) -> str:
        return " ".join(clean_text(super().to_python(value) or "").split())


class PackageForm(forms.Form):
    name = WordsField(
        max_length=200,
        help_text="What your clients read on their plan.",
        error_messages={
            "required": "Name the package.",
            "max_length": "Keep the name under 200 characters.",
        },
    )
    tier = forms.ChoiceField(choices=ServicePackage.Tier)
    monthly_credits = forms.IntegerField(
        label="Credits a month",
        min_value=0,
        max_value=MOST_CREDITS,
        initial=0,
        help_text="Come on the first of each month. What is left of them lapses when the next come.",
        error_messages={"required": "Enter a number, 0 for none.", "invalid": "Enter a whole number."},
    )
    price = forms.DecimalField(
        label="Price a month",
        min_value=0,
        max_digits=10,
        decimal_places=2,
        initial=0,
        error_messages={
            "required": "Enter the price, 0 for none.",
            "invalid": "Enter an amount, such as 499.00.",
        },
    )
    currency = forms.RegexField(
        regex=r"^[A-Z]{3}$",
        initial="USD",
        error_messages={
            "required": "Enter a currency, such as USD.",
            "invalid": "Use three capital letters, such as USD.",
        },
    )
    leads_a_month = forms.IntegerField(
        label="Leads a month",
        min_value=0,
        max_value=MOST_CREDITS,
        required=False,
        help_text="Empty is no limit.",
    )
    users = forms.IntegerField(
        label="People", min_value=1, max_value=10_000, required=False, help_text="Empty is no limit."
    )

    @classmethod
    def of(cls, package: ServicePackage | None) -> "PackageForm":
        if package is None:
            return cls()
        initial = {name: getattr(package, name) for name in cls.base_fields if hasattr(package, name)}
        limits = {
            "leads_a_month": package.limits.get("leads_per_month"),
            "users": package.limits.get("users"),
        }
        return cls(initial={**initial, **limits})

    @property
    def values(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        limits = {"leads_per_month": data.pop("leads_a_month"), "users": data.pop("users")}
        return {**data, "limits": {name: most for name, most in limits.items() if most is not None}}


class SubscriptionForm(forms.Form):
    package = forms.ModelChoiceField(  # type: ignore[var-annotated]
        queryset=None,
        required=False,
        empty_label="No package",
        error_messages={"invalid_choice": "Choose one of the packages in the list."},
    )
    status = forms.ChoiceField(choices=Subscription.Status)
    default_permission_mode = forms.ChoiceField(
        label="New campaigns begin as",
        choices=PermissionMode,
        help_text="Autopilot sends by itself, co-pilot waits for approval, manual leaves the work to people.",
    )

    def __init__(self, *args: Any, packages: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["package"].queryset = packages  # type: ignore[attr-defined]
        if not actor.can("campaigns.autopilot"):
            modes = [each for each in PermissionMode.choices if each[0] != PermissionMode.AUTOPILOT]
            self.fields["default_permission_mode"].choices = modes  # type: ignore[attr-defined]

    @property
    def values(self) -> dict[str, Any]:
        package = self.cleaned_data["package"]
        return {
            "package_id": package.pk if package else None,
            "status": self.cleaned_data["status"],
            "default_permission_mode": self.cleaned_data["default_permission_mode"],
        }


class CreditsForm(forms.Form):
    kind = forms.ChoiceField(
        label="What",
        choices=(
            ("grant", "Give credits"),
            ("correct", "Correct up or down"),
            ("expire", "Let credits lapse"),
        ),
    )
    amount = forms.IntegerField(
        label="How many",
        min_value=-MOST_CREDITS,
        max_value=MOST_CREDITS,
        error_messages={"required": "Enter how many.", "invalid": "Enter a whole number."},
        help_text="A correction may be negative.",
    )
    note = WordsField(
        label="Why",
        max_length=300,
        error_messages={
            "required": "Say why: your client reads it too.",
            "max_length": "Keep it under 300 characters.",
        },
    )
