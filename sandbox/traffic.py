"""Who calls when: the past weeks, and calls that happen now."""

from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from sandbox.accounts import Account
from sandbox.activity import Activity
from sandbox.exchange import Record, Refused
from sandbox.people import Person, capacity, neighbour, stranger
from sandbox.record import build, caller_numbers, spoken
from sandbox.state import World
from sandbox.stories import Story, split_turn, tell
from sandbox.variants import SHARES, VARIANTS

FIRST_DAY = date(2020, 1, 1)
FIRST_ID = 4_000_000_000
IDS_A_DAY, IDS_AN_ACCOUNT = 1_000_000, 100_000
FIRST_LIVE = 1_000  # of an account's ids on a day; those below belong to the past weeks
REGULARS = 12  # people with the lowest indexes are customers already
MAX_A_DAY = 8
STARS = {"very_good": [4, 4, 5], "warm": [3], "needs_attention": [3], "not_a_fit": [2], "spam": [1]}
SCORED_SHARE = 0.25
TRANSCRIBED_SHARE = 0.92
RECORDING_SHARE, SCORE_TIMES = 1 / 3, 480  # of the time a transcript takes: 1 minute, 3 minutes, 1 day


def fill_past(world: World, days: int) -> None:
    """Add the activities of the last ``days`` local days of every account, up to this moment.

    Each day is drawn on its own, so that the same seed gives the same ids and contents on whichever
    day the simulator is started. Activities already known are kept as they are.
    """
    made = [
        activity
        for index, account in enumerate(world.accounts.values())
        for day in _local_days(world, account, days)
        for activity in _day(world, account, index, day)
    ]
    now = world.now()
    for activity in sorted(made, key=lambda each: each.position):
        if activity.unix_time <= now and activity.id not in world.activities:
            world.add(activity)


def happen(world: World, account: Account, wish: Record, rng: Random) -> Activity:
    """Add an activity that has ended just now, however long it was.

    ``wish`` may name a ``story`` or ``kind``, a ``variant`` (one or a list), ``late`` (false: nothing
    is delayed); every other key is a field of the vendor's object. Raises `Refused` for unknown names.
    """
    wish = dict(wish)
    story = _story(world, account, wish, rng)
    variants = wish.pop("variant", None)
    late = wish.pop("late", True)
    unix_time = _whole_number(wish.get("unix_time", world.now()), "unix_time")
    person = _live_caller(world, account, story, rng)
    activity = _activity(
        world, account, person, story, _live_id(world, account, unix_time), unix_time, rng, ended_at=unix_time
    )
    for name in [variants] if isinstance(variants, str) else variants or []:
        if name not in VARIANTS:
            raise Refused(422, {"error": f"unknown variant; one of {', '.join(VARIANTS)}"})
        VARIANTS[name](activity)
    _override(activity, wish)
    if not late:
        activity.audio_at = activity.audio_at and unix_time
        activity.transcript_at = activity.transcript_at and unix_time
    world.add(activity)
    return activity


def _local_days(world: World, account: Account, days: int) -> list[date]:
    today = datetime.fromtimestamp(world.now(), account.timezone).date()
    return [today - timedelta(days=back) for back in range(days, -1, -1)]


def _day(world: World, account: Account, index: int, day: date) -> list[Activity]:
    rng = Random(f"day:{world.seed}:{account.id}:{day}")
    weekday = day.weekday()
    count = rng.randint(3, 7) if weekday < 5 else rng.randint(0, 3 if weekday == 5 else 1)
    moments = sorted(_moment(account, day, rng) for _ in range(count))
    first_id = _first_id(day, index)
    made = []
    for number, unix_time in enumerate(moments):
        story = _weighted(world.stories[account.id], rng)
        person = _caller(world, account, story, day, number, rng)
        activity = _activity(world, account, person, story, first_id + number, unix_time, rng)
        _maybe_untranscribed(activity, rng)
        _maybe_odd(activity, rng)
        made.append(activity)
    return made


def _moment(account: Account, day: date, rng: Random) -> int:
    """Business hours mostly; one in ten comes in the evening, which is already tomorrow in UTC."""
    hour = rng.randint(18, 21) if rng.random() < 0.1 else rng.randint(8, 17)
    local = datetime.combine(day, time(hour, rng.randrange(60), rng.randrange(60)), account.timezone)
    return int(local.timestamp())


def _first_id(day: date, account_index: int) -> int:
    return FIRST_ID + (day - FIRST_DAY).days * IDS_A_DAY + account_index * IDS_AN_ACCOUNT


def _live_id(world: World, account: Account, unix_time: int) -> int:
    day = datetime.fromtimestamp(unix_time, account.timezone).date()
    first = _first_id(day, list(world.accounts).index(account.id)) + FIRST_LIVE
    activity_id = world.next_ids.get(first, first)
    while activity_id in world.activities:
        activity_id += 1
    world.next_ids[first] = activity_id + 1
    return activity_id


def _weighted(stories: list[Story], rng: Random) -> Story:
    return rng.choices(stories, [story.weight for story in stories])[0]


def _story(world: World, account: Account, wish: Record, rng: Random) -> Story:
    stories = world.stories[account.id]
    if (key := wish.pop("story", None)) is not None:
        stories = [story for story in stories if story.key == key]
    if (kind := wish.pop("kind", None)) is not None:
        stories = [story for story in stories if story.kind == kind]
    if not stories:
        known = ", ".join(story.key for story in world.stories[account.id])
        raise Refused(422, {"error": f"no such story; one of {known}"})
    return _weighted(stories, rng)


def _caller(world: World, account: Account, story: Story, day: date, number: int, rng: Random) -> Person:
    if story.caller == "stranger":
        return stranger(account, rng.randrange(500), world.seed)
    if story.caller == "returning":
        return neighbour(account, rng.randrange(REGULARS), world.seed)
    ordinal = day.toordinal()
    if rng.random() < 0.3:  # somebody of the last few days calls again
        ordinal, number = ordinal - rng.randint(1, 4), rng.randrange(3)
    newcomers = capacity(account) - REGULARS
    return neighbour(account, REGULARS + (ordinal * MAX_A_DAY + number) % newcomers, world.seed)


def _live_caller(world: World, account: Account, story: Story, rng: Random) -> Person:
    return _caller(
        world,
        account,
        story,
        datetime.fromtimestamp(world.now(), account.timezone).date(),
        rng.randrange(6, 60),
        rng,
    )


def _activity(
    world: World,
    account: Account,
    person: Person,
    story: Story,
    activity_id: int,
    unix_time: int,
    rng: Random,
    ended_at: float | None = None,
) -> Activity:
    telling = tell(story, account, person, rng)
    source = rng.choices(world.sources, [source.weight for source in world.sources])[0]
    record = build(
        activity_id=activity_id,
        account=account,
        person=person,
        source=source,
        telling=telling,
        unix_time=unix_time,
        rng=rng,
    )
    if story.caller == "returning":
        record["is_new_caller"] = False
    activity = Activity(activity_id, account.id, record, story.key, story.category)
    ended = unix_time + record["duration"] if ended_at is None else ended_at
    _enrich_later(activity, account, ended, world.late_seconds, rng)
    return activity


def _enrich_later(
    activity: Activity, account: Account, ended: float, late_seconds: float, rng: Random
) -> None:
    record = activity.record
    if record.get("transcription_segments") and "chat_messages" not in record:  # a chat is its own transcript
        activity.transcript_at = ended + late_seconds
    if record.get("talk_time"):
        activity.audio_at = ended + late_seconds * RECORDING_SHARE
    if activity.category in STARS and rng.random() < SCORED_SHARE:
        score = rng.choice(STARS[activity.category])
        activity.score_at = ended + late_seconds * SCORE_TIMES
        activity.late_sale = {
            "name": "qualified" if score >= 3 else "unqualified",
            "score": score,
            "conversion": score >= 4,
            "value": f"{rng.randrange(4, 60) * 50}.0" if score >= 4 else "0.0",
            "sale_date": datetime.fromtimestamp(ended, account.timezone).date().isoformat(),
        }


def _maybe_untranscribed(activity: Activity, rng: Random) -> None:
    if rng.random() >= TRANSCRIBED_SHARE and activity.record["status"] == "answered":
        activity.record |= {"transcription_text": None, "transcription_segments": []}


def _maybe_odd(activity: Activity, rng: Random) -> None:
    for name, share in SHARES.items():
        if rng.random() * 100 < share:
            VARIANTS[name](activity)
            return


def _override(activity: Activity, fields: Record) -> None:
    """Write the given fields over the record, with those that follow from them unless given too."""
    following: Record = {}
    if isinstance(number := fields.get("caller_number"), str):
        following |= caller_numbers(number)
    if isinstance(text := fields.get("transcription_text"), str):
        following |= spoken([split_turn(line) for line in text.strip().splitlines()])
    given = {key: value for key, value in fields.items() if key not in ("sale", "id")}
    activity.record |= following | given
    if "sale" in fields:
        activity.rate(fields["sale"])


def _whole_number(value: Any, name: str) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise Refused(422, {"error": f"{name} must be a number"}) from None
