import re
from collections.abc import Iterator
from typing import IO
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.access import requires
from accounts.services.audit import Origin
from accounts.tenancy import Actor
from crm.models import Call
from crm.services.recordings import RecordingUnavailable, fetch_recording, note_listening

CHUNK = 64 * 1024
RANGE = re.compile(r"bytes=(\d*)-(\d*)$")
TYPES = {".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".m4a": "audio/mp4"}


@transaction.non_atomic_requests  # it may go to the vendor's network
@require_GET
@requires("calls.listen")
def recording(request: HttpRequest, call_id: UUID) -> HttpResponseBase:
    """The sound of one call, to those who may see the call; by ranges, so that a player can seek."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    with transaction.atomic():
        if not Call.objects.for_actor(actor).filter(pk=call_id).exists():
            raise Http404
    try:
        call = fetch_recording(call_id=call_id)
    except RecordingUnavailable as reason:
        return HttpResponse(f"{reason}\n", status=404, content_type="text/plain; charset=utf-8")
    note_listening(actor=actor, call=call, now=timezone.now(), origin=Origin.of(request))
    response = _ranged(request, str(call.recording.name))
    response["Cache-Control"] = "private, max-age=3600"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _ranged(request: HttpRequest, name: str) -> HttpResponseBase:
    size = default_storage.size(name)
    kind = TYPES.get(name[name.rfind(".") :], "audio/wav")
    asked = RANGE.match(request.headers.get("Range", ""))
    if not asked or asked.group(1) == asked.group(2) == "":
        whole = FileResponse(default_storage.open(name), content_type=kind)
        whole["Accept-Ranges"] = "bytes"
        return whole
    first, last = asked.groups()
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last), size - 1) if first and last else size - 1
    if start > end or start >= size:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    file = default_storage.open(name)
    part = StreamingHttpResponse(_slice(file, start, end - start + 1), status=206, content_type=kind)
    part["Content-Range"] = f"bytes {start}-{end}/{size}"
    part["Content-Length"] = str(end - start + 1)
    part["Accept-Ranges"] = "bytes"
    return part


def _slice(file: IO[bytes], start: int, length: int) -> Iterator[bytes]:
    with file:
        file.seek(start)
        while length > 0 and (chunk := file.read(min(CHUNK, length))):
            length -= len(chunk)
            yield chunk
