from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from notifications.models import Notification


@transaction.atomic
def notify(
    *,
    agency_id: UUID,
    client_id: UUID | None,
    user_ids: Iterable[UUID],
    event: str,
    title: str,
    body: str = "",
    link_url: str = "",
    dedupe_key: str,
) -> None:
    """Give each person one notice. Said twice with the same ``dedupe_key`` it is still one."""
    Notification.unscoped.bulk_create(
        (
            Notification(
                agency_id=agency_id,
                client_id=client_id,
                user_id=user_id,
                event=event,
                title=title[:200],
                body=body,
                link_url=link_url,
                dedupe_key=dedupe_key,
            )
            for user_id in user_ids
        ),
        ignore_conflicts=True,
    )
