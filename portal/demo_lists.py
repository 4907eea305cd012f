"""The demo's tags and saved views."""

from typing import Any

from accounts.models import Agency, Client, User
from crm.models import SavedView, Tag

TAGS = (("Insurance", "teal"), ("Follow up", "amber"), ("Referred", "violet"))
VIEWS: tuple[dict[str, Any], ...] = (
    {"name": "Nobody’s yet", "filters": {"owner": "nobody", "created": "7"}, "shared": True},
    {"name": "Warm this week", "filters": {"category": "warm", "contact": "7"}, "sort": "name"},
    {"name": "Without an e-mail", "filters": {"email": "0"}, "columns": ["phone", "client", "created"]},
    {
        "name": "Needs attention",
        "filters": {"category": "needs_attention"},
        "resource": "calls",
        "shared": True,
    },
)
OF_CLIENTS: tuple[dict[str, Any], ...] = (
    {"name": "New this week", "filters": {"created": "7"}, "shared": True},
    {"name": "To call back", "filters": {"category": "needs_attention"}, "shared": True},
)


def add_lists(agency: Agency, staff: User, owners: dict[Client, User]) -> None:
    """Within the agency's scope. What is there already stays as it is."""
    for client in Client.unscoped.filter(agency=agency):
        for name, hue in TAGS:
            Tag.unscoped.get_or_create(agency=agency, client=client, name=name, defaults={"hue": hue})
    for view in VIEWS:
        _add(agency, None, staff, view)
    for client, owner in owners.items():
        for view in OF_CLIENTS:
            _add(agency, client, owner, view)


def _add(agency: Agency, client: Client | None, owner: User, view: dict[str, Any]) -> None:
    own = {"agency": agency, "client": client, "owner": owner, "name": view["name"]}
    wanted = {name: value for name, value in view.items() if name not in ("name", "resource")}
    SavedView.unscoped.get_or_create(**own, resource=view.get("resource", "leads"), defaults=wanted)
