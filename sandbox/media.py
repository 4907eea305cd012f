"""The second origin, which stands for the storage that recordings are redirected to. It asks for no key."""

import hashlib
import hmac
import re
from urllib.parse import urlencode

from sandbox.activity import Activity
from sandbox.audio import recording
from sandbox.exchange import Reply, Request
from sandbox.ranges import ranged
from sandbox.state import World

LINK_LASTS_S = 300
PATH = re.compile(r"/recordings/(\d+)/([^/]+)\.wav")


def temporary_link(world: World, activity: Activity) -> str:
    expires = int(world.now()) + LINK_LASTS_S
    path = f"/recordings/{activity.account_id}/{activity.record['sid']}.wav"
    query = urlencode({"Expires": expires, "Signature": _signature(world, path, expires)})
    return f"{world.media_url}{path}?{query}"


def respond(world: World, request: Request) -> Reply:
    """Answer with the recording, or the part that Range asks for; note whether a key was sent along."""
    leaked = "authorization" in request.headers
    with world.lock:
        reply = _xml(400, "InvalidArgument") if leaked else _serve(world, request)
        world.media_requests.append(
            {
                "method": request.method,
                "path": request.target,
                "authorization": leaked,
                "status": reply.status,
            }
        )
    return reply


def _serve(world: World, request: Request) -> Reply:
    if request.method not in ("GET", "HEAD"):
        return _xml(405, "MethodNotAllowed")
    match = PATH.fullmatch(request.path)
    activity = world.find_sid(int(match[1]), match[2]) if match else None
    if activity is None:
        return _xml(404, "NoSuchKey")
    query = request.query_lists()
    expires, signature = query.get("Expires", ["0"])[0], query.get("Signature", [""])[0]
    genuine = expires.isdigit() and hmac.compare_digest(
        signature, _signature(world, request.path, int(expires))
    )
    if not genuine or int(expires) < world.now():
        return _xml(403, "AccessDenied")
    return ranged(sound(activity), request.headers.get("range", ""))


def sound(activity: Activity) -> bytes:
    record = activity.record
    turns = tuple(
        (part["speaker"], part["start"], part["end"]) for part in record.get("transcription_segments") or []
    )
    return recording(str(activity.id), float(record.get("talk_time") or 0), turns)


def _signature(world: World, path: str, expires: int) -> str:
    return hmac.digest(world.agency.secret_key.encode(), f"{path}:{expires}".encode(), hashlib.sha256).hex()


def _xml(status: int, code: str) -> Reply:
    return Reply(f"<Error><Code>{code}</Code></Error>".encode(), status, "application/xml")
