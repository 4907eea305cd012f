from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Count

from accounts.models import Agency, AuditEvent
from accounts.scope import PlatformUse, platform_scope
from accounts.services.audit import first_broken


class Command(BaseCommand):
    help = "Check the audit log's chain of every agency; fails when a row was altered, removed or slipped in."

    def handle(self, *_args: Any, **_options: Any) -> None:
        with transaction.atomic(), platform_scope(PlatformUse.AUDIT):
            names: dict[UUID | None, str] = {None: "the platform"}
            names.update(Agency.objects.values_list("pk", "name"))
            counted = AuditEvent.unscoped.values_list("agency_id").annotate(Count("pk"))
            counts: dict[UUID | None, int] = dict(counted)
        broken = {name: seq for pk, name in names.items() if (seq := first_broken(pk)) is not None}
        for pk, name in names.items():
            state = f"broken at event {broken[name]}" if name in broken else "in order"
            self.stdout.write(f"{name}: {counts.get(pk, 0)} events, {state}")
        if broken:
            raise CommandError("The audit log has been tampered with.")
