"""What people say about themselves: name, zone and picture."""

from datetime import datetime
from uuid import UUID, uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from accounts.models import User
from accounts.services.audit import Origin, record_of

FOLDER = "avatars"


@transaction.atomic
def save_profile(
    *,
    user_id: UUID,
    name: str,
    timezone: str,
    picture: bytes | None,
    remove_picture: bool,
    now: datetime,
    origin: Origin,
) -> None:
    """Keep the profile. ``timezone`` "" reads times as the house does; ``picture`` is WebP made by `lib.pictures`.

    The former picture's file goes after commit.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    former = user.avatar.name
    changed = [
        field for field, value in (("display_name", name), ("timezone", timezone))
        if getattr(user, field) != value
    ]  # fmt: skip
    user.display_name, user.timezone = name, timezone
    if picture is not None:
        user.avatar.name = default_storage.save(f"{FOLDER}/{uuid4().hex}.webp", ContentFile(picture))
    elif remove_picture:
        user.avatar.name = ""
    if user.avatar.name != former:
        changed.append("picture")
    if not changed:
        return
    user.save(update_fields=["display_name", "timezone", "avatar", "updated_at"])
    if former and user.avatar.name != former:
        transaction.on_commit(lambda: default_storage.delete(former))
    record_of(user.pk, "profile_changed", now=now, origin=origin, details={"fields": changed})
