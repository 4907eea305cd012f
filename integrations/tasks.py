from celery import shared_task
from django.utils import timezone

BATCH = 500  # then the next ring or sweep goes on


@shared_task
def drain_outbox(**_later: object) -> None:
    """Deliver what is due. Rung after each commit that publishes, and swept every few seconds."""
    from integrations.services import outbox  # a leaf: services ring tasks

    for _ in range(BATCH):
        if not outbox.deliver_next(now=timezone.now()):
            return
