"""Who calls and writes when, at GoHighLevel: the past days, and what happens now."""

from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from sandbox.exchange import Record, Refused
from sandbox.ghl.locations import CALL, EMAIL, SMS, VOICEMAIL, Location, Message, derived
from sandbox.people import Person, capacity, neighbour
from sandbox.stories import Story, segments, tell

OUTCOMES = {"answered": "completed", "voicemail": "voicemail", "unanswered": "no-answer", "busy": "busy",
            "canceled": "canceled"}  # fmt: skip
STRANGERS = 50  # people with higher indexes call the first provider
CHATTER = ("Thanks, see you then!", "Can you text me the address?", "Running ten minutes late, sorry.")


def fill_past(
    location: Location, stories: list[Story], *, seed: int, now: float, days: int, late_s: float
) -> None:
    """Add what was said in the last ``days`` local days, the same for the same seed."""
    zone = location.account.timezone
    today = datetime.fromtimestamp(now, zone).date()
    for back in range(days, -1, -1):
        day = today - timedelta(days=back)
        rng = Random(f"ghl:{seed}:{location.id}:{day}")
        for number in range(rng.randint(2, 5) if day.weekday() < 5 else rng.randint(0, 2)):
            at = _moment(day, zone, rng)
            message, person = _message(
                location, stories, f"{day}:{number}", at, rng, seed=seed, late_s=late_s, wish={}
            )
            if message.ended_at <= now:
                location.add(message, person)


def happen(
    location: Location, stories: list[Story], wish: Record, *, seed: int, now: float, late_s: float
) -> Message:
    """Add a message that has ended just now.

    ``wish`` may name a ``kind`` (call, voicemail, sms or email), a ``story``, ``late`` (false: nothing is delayed),
    ``at`` (seconds since 1970), ``lasts`` (it goes on for so many seconds yet), ``person`` (an index) and ``contact``
    (false: the person is unknown to the vendor); every other key is a field of the vendor's object.
    """
    wish = dict(wish)
    at, late = float(wish.pop("at", now)), wish.pop("late", True)
    lasts, known = float(wish.pop("lasts", 0)), wish.pop("contact", True)
    number = len(location.messages)
    rng = Random(f"ghl live:{seed}:{location.id}:{number}")
    message, person = _message(
        location, stories, f"live:{number}", at, rng, seed=seed, late_s=late_s if late else 0, wish=wish
    )
    ended = at + lasts
    message.audio_at = message.audio_at and ended + (late_s / 3 if late else 0)
    message.transcript_at = message.transcript_at and ended + (late_s if late else 0)
    message.ended_at = ended
    message.record = wish
    location.add(message, person)
    if not known:
        location.people.pop(message.contact_id)
    return message


def _message(
    location: Location, stories: list[Story], name: str, at: float, rng: Random, *, seed: int, late_s: float,
    wish: dict[str, Any],
) -> tuple[Message, Person]:  # fmt: skip
    account = location.account
    index = wish.pop("person", None)
    index = rng.randrange(STRANGERS) if index is None else int(index)
    person = neighbour(account, capacity(account) - 1 - index, seed)
    contact_id, message_id = f"con{derived(person.number, 17)}", f"msg{derived(f'{location.id}:{name}', 17)}"
    kind, key = wish.pop("kind", None), wish.pop("story", None)
    if kind in ("sms", "email") or (kind is None and key is None and rng.random() < 0.3):
        body = rng.choice(CHATTER)
        written = EMAIL if kind == "email" else SMS
        return Message(message_id, written, "inbound", contact_id, at, at, body=body), person
    story = _story(stories, kind, key, rng)
    said = segments(tell(story, account, person, rng).turns)
    spoken = said if story.outcome in ("answered", "voicemail") else []
    duration = round(spoken[-1]["end"]) if spoken else 0
    message = Message(
        message_id,
        VOICEMAIL if story.outcome == "voicemail" else CALL,
        story.direction or "inbound",
        contact_id,
        at,
        at + duration,
        duration_s=duration,
        status=OUTCOMES.get(story.outcome, "failed"),
        sentences=spoken,
    )
    if spoken:
        message.audio_at, message.transcript_at = message.ended_at + late_s / 3, message.ended_at + late_s
    return message, person


def _story(stories: list[Story], kind: str | None, key: str | None, rng: Random) -> Story:
    fitting = [
        each for each in stories if each.kind == "call" and each.direction in ("", "inbound", "outbound")
    ]
    if kind == "voicemail":
        fitting = [each for each in fitting if each.outcome == "voicemail"]
    elif kind == "call":
        fitting = [each for each in fitting if each.outcome == "answered" and each.turns]
    if key is not None:
        fitting = [each for each in stories if each.key == key]
    if not fitting:
        raise Refused(422, {"error": "no such story"})
    return rng.choices(fitting, [each.weight for each in fitting])[0]


def _moment(day: date, zone: Any, rng: Random) -> float:
    local = datetime.combine(day, time(rng.randint(8, 18), rng.randrange(60), rng.randrange(60)), zone)
    return local.timestamp()
