"""Recordings: fetched from the vendor once, kept by us, heard only through our own authorised address."""

import logging
import tempfile
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from uuid import UUID

from django.core.cache import cache
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F

from accounts.scope import PlatformUse, agency_scope, platform_scope
from accounts.services.audit import Origin, record_by
from accounts.tenancy import Actor
from crm.models import Call
from crm.services.recording_sources import NotConnected, recording_at_vendor
from lib.encryption import Undecryptable
from lib.http import ProviderError

log = logging.getLogger(__name__)
FRESH = timedelta(days=3)  # older recordings are fetched when somebody wants to listen
SUFFIXES = {"audio/mpeg": ".mp3", "audio/mp3": ".mp3", "audio/ogg": ".ogg", "audio/mp4": ".m4a"}
UNTOLD = {"application/octet-stream", "binary/octet-stream"}
HEARD_FOR_S = 600
IN_MEMORY = 2 * 1024 * 1024


class RecordingUnavailable(Exception):
    """There is nothing to play; the message says why, for the person who pressed play."""


def fetch_recording(*, call_id: UUID) -> Call:
    """Return the call with its recording in our store, fetching it first if need be. Network; not in a transaction.

    Raises `RecordingUnavailable`.
    """
    with transaction.atomic():
        call = Call.unscoped.defer("raw", "transcript").get(pk=call_id)
    if not call.has_recording:
        raise RecordingUnavailable("There is no recording of this call.")
    if call.recording and default_storage.exists(str(call.recording.name)):
        return call
    try:
        with (
            recording_at_vendor(call) as (content_type, chunks),
            tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as file,
        ):
            suffix = _suffix(content_type)
            for chunk in chunks:
                file.write(chunk)
            file.seek(0)
            _keep(
                call,
                File(file),
                str(PurePosixPath(str(call.agency_id), str(call.client_id), f"{call.pk}{suffix}")),
            )
    except NotConnected as gone:
        raise RecordingUnavailable(
            f"The recording is still at {call.get_source_display()}, which is no longer connected."
        ) from gone
    except (ProviderError, Undecryptable) as error:
        log.warning("recording of call %s not fetched: %s", call.pk, error)
        raise RecordingUnavailable(
            "The recording can't be fetched right now. Try again in a minute."
        ) from error
    return call


def note_listening(*, actor: Actor, call: Call, now: datetime, origin: Origin) -> None:
    """Put into the audit log that ``actor`` is given the recording of ``call``.

    Once in ten minutes: a player asks for one recording in many parts.
    """
    key = f"recording-heard:{actor.user_id}:{call.pk}"
    if cache.get(key):
        return
    with transaction.atomic():
        record_by(
            actor,
            "recording_heard",
            now=now,
            client_id=call.client_id,
            target=f"call {call.pk}",
            origin=origin,
        )
    cache.set(key, 1, HEARD_FOR_S)


def _suffix(content_type: str) -> str:
    """The ending for sound of ``content_type``; stores that keep no types say octet-stream. Raises `ProviderError`."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind and not kind.startswith("audio/") and kind not in UNTOLD:
        raise ProviderError(f"We were sent {kind[:60]} instead of sound.", kind="unreadable", retryable=True)
    return SUFFIXES.get(kind, ".wav")


def _keep(call: Call, file: "File[bytes]", name: str) -> None:
    """File the sound. Who comes second takes the first one's and leaves no copy behind."""
    before = str(call.recording.name or "")
    call.recording.save(name, file, save=False)
    kept = str(call.recording.name)
    with transaction.atomic():
        if not Call.unscoped.filter(pk=call.pk, recording=before).update(recording=kept):
            default_storage.delete(kept)
            call.refresh_from_db(fields=["recording"])


def fetch_fresh_recordings(*, now: datetime, limit: int) -> int:
    """Fetch recordings of recent calls before anybody asks, newest first; return how many came.

    A call whose recording fails is passed over for this round and tried again with the next.
    """
    with transaction.atomic(), platform_scope(PlatformUse.SWEEP):
        waiting = Call.unscoped.filter(recording="", redacted=False, started_at__gte=now - FRESH)
        found = list(
            waiting.exclude(recording_url="")
            .order_by(F("started_at").desc())
            .values_list("pk", "agency_id")[:limit]
        )
    fetched = 0
    for call_id, agency_id in found:
        with agency_scope(agency_id):
            try:
                fetch_recording(call_id=call_id)
            except RecordingUnavailable:
                continue
            fetched += 1
    return fetched
