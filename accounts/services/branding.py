"""How an agency looks and what it is called, kept by its owners and admins."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from accounts.brand import LOGOS
from accounts.models import Agency
from accounts.services.audit import Origin, record_by
from accounts.shades import is_good, nearest_good
from accounts.tenancy import Actor
from lib.pictures import redrawn


class ColourRefused(Exception):
    """People could not tell buttons and ticks from the page. ``offered`` is the nearest colour that works."""

    def __init__(self, offered: str) -> None:
        super().__init__(
            f"Too light: buttons and ticks would not stand out from the page. Take {offered} instead."
        )
        self.offered = offered


@transaction.atomic
def save_branding(*, actor: Actor, colour: str, sender: str, now: datetime, origin: Origin) -> Agency:
    """Adopt ``colour`` (``#4c5bd4``) and the name that mails come from, "" for the agency's own.

    Raises `ColourRefused`. The logo stays.
    """
    if not is_good(colour):
        raise ColourRefused(nearest_good(colour))
    return _adopt(actor, {"brand": colour, "sender": sender}, now, origin)


@transaction.atomic
def save_logo(*, actor: Actor, data: bytes | None, now: datetime, origin: Origin) -> Agency:
    """Show the picture in ``data`` as the logo, or none. Raises `lib.pictures.PictureRefused`.

    Pictures stay where they are after another took their place: mails that were sent show them.
    """
    digest = ""
    if data is not None:
        picture = redrawn(data)
        digest = sha256(picture).hexdigest()
        if not default_storage.exists(f"{LOGOS}/{digest}.png"):
            default_storage.save(f"{LOGOS}/{digest}.png", ContentFile(picture))
    return _adopt(actor, {"logo": digest}, now, origin)


def _adopt(actor: Actor, values: Mapping[str, Any], now: datetime, origin: Origin) -> Agency:
    agency = Agency.objects.select_for_update().get(pk=actor.agency_id)
    changed = [name for name, value in values.items() if agency.branding.get(name, "") != value]
    if changed:
        agency.branding = {**agency.branding, **values}
        agency.save(update_fields=("branding", "updated_at"))
        details = {"changed": changed, **{name: values[name] for name in changed}}
        record_by(actor, "branding_changed", now=now, target=agency.name, origin=origin, details=details)
    return agency


@transaction.atomic
def change_agency(
    *,
    actor: Actor,
    name: str,
    timezone: str,
    new_clients: Mapping[str, str],
    now: datetime,
    origin: Origin,
    dialer_url: str = "",
) -> Agency:
    """Rename the agency, move its clock, and say what its new clients begin with (``timezone``, ``industry``).

    ``dialer_url`` is the address that calls ``{number}``, "" for the telephone's own.
    """
    agency = Agency.objects.select_for_update().get(pk=actor.agency_id)
    chosen: dict[str, object] = {"new_clients": dict(new_clients)}
    if dialer_url or "dialer_url" in agency.settings:
        chosen["dialer_url"] = dialer_url
    wanted = {
        "name": name,
        "timezone": timezone,
        "settings": {**agency.settings, **chosen},
    }
    changed = [field for field, value in wanted.items() if getattr(agency, field) != value]
    if changed:
        for field in changed:
            setattr(agency, field, wanted[field])
        agency.save(update_fields=(*changed, "updated_at"))
        record_by(actor, "agency_changed", now=now, target=agency.name, origin=origin,
                  details={"changed": changed})  # fmt: skip
    return agency
