from typing import Any
from uuid import UUID

from django import forms

from accounts.authority import roles_to_give
from accounts.directory import ClientFacts
from accounts.forms.fields import AddressField
from accounts.models import Membership
from accounts.services.places import Place
from accounts.tenancy import Actor

ASSIGNED = Membership.ClientAccess.ASSIGNED


class AccessForm(forms.Form):
    """How far a role reaches. People of a client reach that client, so they are not asked."""

    client_access = forms.ChoiceField(
        label="Clients", choices=Membership.ClientAccess, widget=forms.RadioSelect, initial="all"
    )
    clients = forms.TypedMultipleChoiceField(
        label="Which clients, if only assigned ones",
        coerce=UUID,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Choose among the clients in the list."},
    )
    record_access = forms.ChoiceField(
        label="Leads and calls",
        choices=Membership.RecordAccess,
        widget=forms.RadioSelect,
        initial="all",
        help_text="Own records: leads of the campaigns assigned to them.",
    )

    def __init__(
        self, *args: Any, actor: Actor, place: Place, clients: tuple[ClientFacts, ...], **kwargs: Any
    ):
        super().__init__(*args, **kwargs)
        self.to_give = roles_to_give(actor.roles, at_client=place.client is not None)
        if place.client:
            for name in ("client_access", "clients", "record_access"):
                del self.fields[name]
        else:
            self.fields["clients"].choices = [(each.id, each.name) for each in clients]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        if told.get("client_access") == ASSIGNED and not told.get("clients") and "clients" not in self.errors:
            self.add_error("clients", "Choose at least one client, or give access to all of them.")
        return told

    @property
    def access(self) -> dict[str, Any]:
        """The reach as the services take it; nothing for people of a client."""
        names = ("client_access", "record_access", "clients")
        return {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}


class InviteForm(AccessForm):
    email = AddressField(missing="Write the address to invite.", autocomplete="off", inputmode="email")
    role = forms.ChoiceField(
        error_messages={
            "required": "Choose a role.",
            "invalid_choice": "Choose one of the roles in the list.",
        }
    )
    field_order = ("email", "role", "client_access", "clients", "record_access")

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        known = [(role.value, role.label) for role in self.to_give]
        self.fields["role"].choices = [("", "Choose a role"), *known]  # type: ignore[attr-defined]


class PersonForm(AccessForm):
    roles = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Leave at least one role, or end the membership below.",
            "invalid_choice": "Choose among the roles in the list.",
        },
    )
    field_order = ("roles", "client_access", "clients", "record_access")

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["roles"].choices = [(role.value, role.label) for role in self.to_give]  # type: ignore[attr-defined]
