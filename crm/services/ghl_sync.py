"""The sync of one GHL account: a walk over the messages of its location, of which the calls are kept.

The list says little of a call. Who it was with, its recording and its transcript are asked for one by one: at once for
a call that is new, and again for those that came late. What we hold already is not asked for twice.
"""

import logging
import time as clock
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import Client
from crm.models import Call, GHLAccount, GHLSyncRun
from crm.providers.ghl import records
from crm.providers.ghl.client import GHLClient
from crm.providers.records import NotACall, Page
from crm.services import walks
from crm.services.ghl_problems import in_words
from integrations.services.vault import open_credential
from lib.http import ProviderError

log = logging.getLogger(__name__)
FRESH = timedelta(hours=1)  # a call this young is asked for what is missing with every sync
LATE = timedelta(hours=48)  # an older one only now and then, up to this age
NOW_AND_THEN = timedelta(hours=1)
PAUSES_S = (0.2, 1.0)  # before an answer about one call is asked for again
EXCUSED = 5  # answers about single calls that may fail before the whole sync does

_T = TypeVar("_T")


class _Reader:
    def __init__(self, ghl: GHLClient, client: Client, account: GHLAccount, walk: walks.Walk) -> None:
        self._ghl, self._client = ghl, client
        zone = account.zone or ZoneInfo("UTC")
        self._since = _midnight(walk.window_start, zone)
        self._until = _midnight(walk.window_end + timedelta(days=1), zone) if walk.window_end else None
        self._now = timezone.now()
        before = account.looked_again_at
        self.looks_again = before is None or self._now - before >= NOW_AND_THEN
        self._contacts: dict[str, Mapping[str, Any] | None] = {}
        self._failed = 0

    def page(self, token: str) -> Page:
        return self._ghl.page(token, self._since, self._until)

    def sort(self, entries: Sequence[Any]) -> walks.Sorted:
        found, calls = walks.Sorted(), list[Mapping[str, Any]]()
        for entry in entries:
            try:
                message = records.message_of(entry)
            except NotACall as reason:
                found.rejects.append({"reason": str(reason), "raw": entry})
                continue
            if records.is_call(message):
                calls.append(message)
            else:
                found.ignored += 1
                found.ids.add(records.message_id(message) or f"other {len(found.ids)}")
        known = self._known(calls)
        for message in calls:
            try:
                bundle = self._bundle(message, known.get(records.message_id(message)))
                record = records.call_record(bundle, self._client.phone_country)
            except NotACall as reason:
                found.rejects.append({"reason": str(reason), "raw": dict(message)})
            else:
                found.records.append(record)
                found.ids.add(record.external_id)
        return found

    def _known(self, calls: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
        """What we hold of ``calls`` already, as it came, by the message's id."""
        with transaction.atomic():
            rows = Call.objects.for_client(self._client).filter(
                source=Call.Source.GHL, external_id__in=[records.message_id(each) for each in calls]
            )
            return dict(rows.values_list("external_id", "raw"))

    def _bundle(self, message: Mapping[str, Any], held: dict[str, Any] | None) -> records.Bundle:
        """``message`` with what belongs to it: what is ``held``, and what can be had now. Raises `NotACall`."""
        began, external_id = records.started_at(message), records.message_id(message)
        bundle = {**(held or {}), "message": dict(message)}
        if not external_id or not (held is None or self._is_due(began)):
            return bundle
        if not bundle.get("contact") and (contact_id := str(message.get("contactId") or "")):
            bundle["contact"] = self._contact(contact_id)
        if records.may_have_sound(message):
            if not bundle.get("recording_url") and self._try(self._ghl.has_recording, external_id):
                bundle["recording_url"] = self._ghl.recording_url(external_id)
            if not bundle.get("transcription"):
                bundle["transcription"] = self._try(self._ghl.transcript, external_id) or []
        return bundle

    def _is_due(self, began: datetime) -> bool:
        age = self._now - began
        return age < FRESH or (self.looks_again and age < LATE)

    def _contact(self, contact_id: str) -> Mapping[str, Any] | None:
        if contact_id not in self._contacts:
            self._contacts[contact_id] = self._try(self._ghl.contact, contact_id)
        return self._contacts[contact_id]

    def _try(self, ask: Callable[[str], _T], what: str) -> _T | None:
        """One answer about one call. A few that fail even when asked again are excused: on some the vendor fails
        for ever.
        """
        for pause_s in (*PAUSES_S, None):
            try:
                return ask(what)
            except ProviderError as error:
                if error.kind not in ("unavailable", "unreadable"):
                    raise
                if pause_s is None:
                    self._failed += 1
                    if self._failed > EXCUSED:
                        raise
                    log.warning("ghl: %s of %s: %s", getattr(ask, "__name__", "answer"), what, error)
                else:
                    clock.sleep(pause_s)
        return None


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


@contextmanager
def _reader(account: GHLAccount, client: Client, walk: walks.Walk) -> Iterator[_Reader]:
    token = open_credential(account.credential)["token"]
    with GHLClient(token, account.location_id) as ghl:
        reader = _Reader(ghl, client, account, walk)
        yield reader
    if reader.looks_again and walk.window_end is None:
        with transaction.atomic():
            GHLAccount.unscoped.filter(pk=account.pk).update(looked_again_at=reader._now)


GHL = walks.Tracker(
    source=Call.Source.GHL,
    accounts=GHLAccount,
    runs=GHLSyncRun,
    reader=_reader,
    in_words=in_words,
    every_s=lambda: int(settings.GHL_SYNC_EVERY_S),
    lease_s=lambda: int(settings.GHL_SYNC_LEASE_S),
)
