from datetime import datetime

from django.db import models

from lib.uuid7 import uuid7


class RateLimit(models.Model):
    """How often something was tried lately, and until when it is refused. Counted in one statement, see its service."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    limit_key = models.CharField(max_length=64)  # a hash: the address or account itself is not told
    limit_type = models.CharField(max_length=30)
    attempts = models.PositiveIntegerField(default=0)
    first_attempt_at = models.DateTimeField()
    last_attempt_at = models.DateTimeField()
    locked_until = models.DateTimeField(null=True)
    pauses = models.PositiveSmallIntegerField(default=0)  # in a row; each is twice as long as the one before

    class Meta:
        constraints = (models.UniqueConstraint(fields=("limit_key", "limit_type"), name="rate_limit_once"),)
        indexes = (models.Index(fields=("last_attempt_at",), name="rate_limit_age"),)

    def __str__(self) -> str:
        return f"{self.limit_type}: {self.attempts}"

    def is_locked(self, now: datetime) -> bool:
        return self.locked_until is not None and now < self.locked_until
