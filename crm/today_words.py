"""Why something stands on somebody's list of the day, in a sentence. Plain values in, words out."""

from datetime import date, datetime

from lib.ui.times import clock, ordinal

NEAR = 6  # days either way within which the name of a day says which is meant


def day_words(day: date, today: date) -> str:
    """``today``, ``yesterday``, ``Tuesday`` within the week, ``3 Feb``, ``3 Feb 2027``."""
    apart = (day - today).days
    if apart in (-1, 0, 1):
        return ("yesterday", "today", "tomorrow")[apart + 1]
    if abs(apart) <= NEAR:
        return f"{day:%A}"
    return f"{day.day} {day:%b}" + (f" {day.year}" if day.year != today.year else "")


def on_day(day: date, today: date) -> str:
    """As a time: ``tomorrow``, ``on Tuesday``."""
    words = day_words(day, today)
    return words if abs((day - today).days) <= 1 else f"on {words}"


def at_moment(local: datetime, today: date) -> str:
    """``at 3:00 PM``, which is today; ``on Tuesday at 3:00 PM``."""
    hour = f"at {clock(local)}"
    return hour if local.date() == today else f"{on_day(local.date(), today)} {hour}"


def promised(local: datetime, today: date, *, there: datetime, by: str, note: str) -> str:
    """``there`` is the same moment on the clock of who is called; ``by`` who promised when it was not the reader, ""
    for the reader.
    """
    when = at_moment(local, today)
    if there.utcoffset() != local.utcoffset():
        when += f", {at_moment(there, local.date()).removeprefix('at ')} on their clock"
    words = (
        f"{by} promised to call back {when}; you own the lead" if by else f"You promised to call back {when}"
    )
    return f"{words}: {note}" if note else f"{words}."


def step_due(number: int, journey: str, day: date, today: date, *, owner: str) -> str:
    """``owner`` says why it is the reader's."""
    return f"Step {number} of {_the(journey)} is {_due(day, today)}; {owner}."


def action_due(journey: str, local: datetime, today: date, *, owner: str) -> str:
    when = at_moment(local, today) if local.date() >= today else _since(local.date(), today)
    return f"The next action of {_the(journey)} is due {when}; {owner}."


def unread(local: datetime, today: date, *, sequence: int, mine: bool) -> str:
    """``sequence``: the how manieth call of the same number it is."""
    words = f"It came {at_moment(local, today)}, and nobody has opened it yet"
    if sequence > 1:
        words += f"; it is their {ordinal(sequence)} call"
    return words + ("; you own the lead." if mine else ".")


def meeting(day: date, today: date, *, by: str, where: str, mine: bool) -> str:
    """``by`` is who booked it when it was not the reader; ``where`` are the words that were kept with it."""
    who = f"{by} booked a meeting" if by else "You booked a meeting"
    owned = ", and you own the lead" if by and mine else ""
    return f"{who} {on_day(day, today)}{owned}: {where}"


def _the(journey: str) -> str:
    return f"the journey “{journey}”" if journey else "a journey"


def _due(day: date, today: date) -> str:
    return f"due {on_day(day, today)}" if day >= today else f"due {_since(day, today)}"


def _since(day: date, today: date) -> str:
    return f"since {day_words(day, today)}"
