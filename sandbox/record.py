"""The vendor's object, built from a telling."""

from datetime import datetime
from random import Random
from zlib import crc32

from sandbox.accounts import Account, Source
from sandbox.exchange import Record
from sandbox.people import Person
from sandbox.stories import Telling, segments

RING_S = (4, 22)
OUTCOMES = {  # status, call_status, dial_status: the vendor spells each field in its own way
    "answered": ("answered", "completed", "answered"),
    "voicemail": ("voicemail", "completed", "voicemail"),
    "unanswered": ("no answer", "No Answer", "no-answer"),
    "canceled": ("canceled", "canceled", "canceled"),
    "busy": ("busy", "busy", "busy"),
}
SILENCE_S = 4  # of a voicemail on which nobody speaks


def build(
    *,
    activity_id: int,
    account: Account,
    person: Person,
    source: Source,
    telling: Telling,
    unix_time: int,
    rng: Random,
) -> Record:
    """Return the complete object as it will be once recording and transcript have arrived."""
    story = telling.story
    record = {
        "id": activity_id,
        "sid": f"CA{rng.getrandbits(128):032x}",
        "account_id": account.id,
        "direction": story.direction or "inbound",
        **_caller(person, account),
        **caller_numbers(person.number),
        **_numbers(account, source),
        **_attribution(source, account, rng),
        **moment(account, unix_time),
        "tag_list": list(story.tags),
        "notes": "",
        "likelihood": None,
        "summary": None,
        "custom_fields": {
            "service_type": story.service,
            "did_schedule": "Yes" if story.category == "very_good" else "No",
        },
        "latitude": None,
        "longitude": None,
        "excluded": False,
        "redacted": False,
        "billed_amount": 0.05,
        "indexed_at": unix_time + 0.25,
    }
    return record | _content(telling, person, account, activity_id, rng)


def caller_numbers(number: str) -> Record:
    """Return the ways the vendor writes one number; an anonymous ``+`` has no digits to write."""
    bare = number.removeprefix("+1")
    pretty = f"({bare[:3]}) {bare[3:6]}-{bare[6:]}" if len(bare) == 10 else ""
    return {
        "caller_number": number,
        "caller_number_complete": number.removeprefix("+"),
        "caller_number_bare": bare if pretty else "",
        "caller_number_format": pretty,
        "caller_number_split": ["1", bare[:3], bare[3:6], bare[6:]] if pretty else [],
        "contact_number": number,
        "alternative_number": None,
    }


def moment(account: Account, unix_time: int) -> Record:
    local = datetime.fromtimestamp(unix_time, account.timezone)
    offset = f"{local:%z}"
    return {
        "unix_time": unix_time,
        "called_at": f"{local:%Y-%m-%d %I:%M %p} {offset[:3]}:{offset[3:]}",
        "day": f"{local:%a}",
        "month": f"{local:%b}",
        "hour": f"{local:%I %p}",
    }


def spoken(transcript_turns: list[tuple[str, str]]) -> Record:
    return {
        "transcription_text": "\n".join(f"{speaker}: {words}" for speaker, words in transcript_turns),
        "transcription_segments": segments(transcript_turns),
    }


def _caller(person: Person, account: Account) -> Record:
    return {
        "name": person.name,
        "cnam": f"{person.last} {person.first[0]}".upper(),
        "email": None,
        "street": None,
        "city": person.city,
        "state": account.state,
        "country": "US",
        "postal_code": person.postal_code,
    }


def _numbers(account: Account, source: Source) -> Record:
    tracking = account.tracking_number(source)
    bare = tracking.removeprefix("+1")
    return {
        "tracking_number": tracking,
        "tracking_number_bare": bare,
        "tracking_number_format": f"({bare[:3]}) {bare[3:6]}-{bare[6:]}",
        "tracking_number_id": f"TPN{account.id}{source.digits}",
        "tracking_number_sid": f"TPN{account.id}{source.digits}",
        "tracking_label": source.label,
        "business_number": account.business_number,
        "business_label": account.name,
        "receiving_number_id": f"RPN{account.id}09",
        "receiving_number_sid": f"RPN{account.id}09",
    }


def _attribution(source: Source, account: Account, rng: Random) -> Record:
    web = source.medium in ("cpc", "organic", "direct")
    return {
        "source": source.name,
        "source_id": source.id,
        "source_sid": f"TSO{source.id}",
        "medium": source.medium,
        "campaign": source.campaign,
        "keyword": source.keyword,
        "referrer": "https://www.google.com/" if source.medium in ("cpc", "organic") else None,
        "location": f"{account.website}/" if web else None,
        "visitor_ip": f"192.0.2.{rng.randrange(1, 255)}" if web else None,
    }


def _content(telling: Telling, person: Person, account: Account, activity_id: int, rng: Random) -> Record:
    match telling.story.kind:
        case "text":
            return _text(telling, activity_id, rng)
        case "form":
            return _form(telling, person, activity_id)
        case "chat":
            return _chat(telling, activity_id)
        case "video":
            return _silent(f"VS{activity_id}", "video") | {"message_body": telling.message}
    return _call(telling, account, rng)


def _call(telling: Telling, account: Account, rng: Random) -> Record:
    outcome = telling.story.outcome
    status, call_status, dial_status = OUTCOMES[outcome]
    ring = rng.randint(*RING_S) if outcome != "busy" else 0
    connected = outcome in ("answered", "voicemail")
    talk = 0
    said: Record = {"transcription_text": None, "transcription_segments": []}
    if connected:
        said = spoken(telling.turns)
        talk = round(said["transcription_segments"][-1]["end"]) if telling.turns else SILENCE_S
    agent_id = f"USR{account.id}{account.agents.index(telling.agent)}"
    agent = {"id": agent_id, "name": telling.agent, "email": f"{telling.agent.lower()}@example.com"}
    answered = outcome == "answered"
    return {
        "status": status,
        "call_status": call_status,
        "dial_status": dial_status,
        "ring_time": ring,
        "talk_time": talk,
        "hold_time": 0,
        "wait_time": 0,
        "duration": ring + talk,
        "audio": None,
        "is_s3_link": False,
        **said,
        "agent_id": agent_id if answered else None,
        "agent": agent if answered else None,
        "call_path": [
            {"route_name": "Main line", "route_id": f"RPN{account.id}09", "route_type": "ReceivingNumber"}
        ],
    }


def _silent(sid: str, direction: str, status: str = "completed") -> Record:
    times = dict.fromkeys(("duration", "talk_time", "ring_time", "hold_time", "wait_time"), 0)
    return {
        "sid": sid,
        "direction": direction,
        "status": status,
        "call_status": status,
        "audio": None,
        **times,
    }


def _text(telling: Telling, activity_id: int, rng: Random) -> Record:
    direction = telling.story.direction or "msg_inbound"
    status = "received" if direction == "msg_inbound" else "delivered"
    return {
        **_silent(str(activity_id), direction, status),  # the vendor gives texts a plain number for a sid
        "message_id": f"MSG{rng.getrandbits(96):024X}",
        "message_body": telling.message,
        "sms_error_code": None,
    }


def _form(telling: Telling, person: Person, activity_id: int) -> Record:
    name = telling.story.form_name
    form = {
        "form_id": f"FRT{crc32(name.encode()):08X}",
        "form_name": name,
        "name": person.name,
        "email": person.email,
        "custom": [{"id": "message", "value": telling.message}],
    }
    return {**_silent(f"FR{activity_id}", "form"), "email": person.email, "form": form}


def _chat(telling: Telling, activity_id: int) -> Record:
    messages = [{"from": speaker.lower(), "body": words} for speaker, words in telling.turns]
    return {
        **_silent(f"CH{activity_id}", "chat"),
        "chat_messages": messages,
        **spoken(telling.turns),
    }
