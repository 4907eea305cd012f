"""The vendor's "sale": the rating of an activity."""

from datetime import date, datetime

from sandbox.accounts import Account
from sandbox.activity import Activity
from sandbox.exchange import Record, Refused

ON, OFF = {"on", "1", "true", "yes"}, {"off", "0", "false", "no", ""}


def as_read(activity: Activity, now: float) -> Record:
    """Return the rating as it is read: ``name`` is then ``service_rep_name``, and ``value`` a string."""
    sale = activity.sale(now)
    held: Record = sale or {}
    return {
        "service_rep_name": held.get("name"),
        "call_id": activity.id,
        "score": held.get("score"),
        "none": sale is None,
        "conversion": held.get("conversion", False),
        "notes": held.get("notes"),
        "value": held.get("value", "0.0"),
        "sale_date": held.get("sale_date"),
    }


def as_written(fields: Record, before: Record | None, account: Account, now: float) -> Record:
    """Return the rating after writing ``fields`` over ``before``; fields not named keep their value.

    Raises `Refused` with 422 for a score outside 1 to 5, a value that is no number, or a bad date.
    """
    today = datetime.fromtimestamp(now, account.timezone).date().isoformat()
    sale: Record = {
        "name": None,
        "score": None,
        "conversion": False,
        "value": "0.0",
        "sale_date": today,
        **(before or {}),
    }
    if "name" in fields:
        sale["name"] = str(fields["name"])
    if "notes" in fields:
        sale["notes"] = str(fields["notes"])
    if "score" in fields:
        sale["score"] = _score(fields["score"])
    if "conversion" in fields:
        sale["conversion"] = _switch(fields["conversion"])
    if "value" in fields:
        sale["value"] = _value(fields["value"])
    if "sale_date" in fields:
        sale["sale_date"] = _date(fields["sale_date"])
    return sale


def _score(given: object) -> int:
    if str(given) not in ("1", "2", "3", "4", "5"):
        raise _invalid("score must be between 1 and 5")
    return int(str(given))


def _switch(given: object) -> bool:
    word = str(given).lower()
    if word not in ON | OFF:
        raise _invalid("conversion must be on or off")
    return word in ON


def _value(given: object) -> str:
    try:
        return str(float(str(given)))
    except ValueError:
        raise _invalid("value must be a number") from None


def _date(given: object) -> str:
    try:
        return date.fromisoformat(str(given)).isoformat()
    except ValueError:
        raise _invalid("sale_date must be YYYY-MM-DD") from None


def _invalid(message: str) -> Refused:
    return Refused(422, {"status": "error", "message": message})
