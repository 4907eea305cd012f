"""The one writer of the timeline. What is told stays: the runtime role can neither change nor delete a line."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec
from uuid import UUID

from accounts.tenancy import Actor, ClientOwned
from crm.models import Activity, Call, Channel
from crm.timeline import ACTIONS, contact_action

CHANNELS: dict[str, Channel] = {Call.Kind.CALL: Channel.VOICE, Call.Kind.TEXT: Channel.SMS}
Said = ParamSpec("Said")


def line(
    *,
    about: ClientOwned,
    action: str,
    now: datetime,
    actor: Actor | None = None,
    user_id: UUID | None = None,
    metadata: Mapping[str, Any] | None = None,
    channel: Channel = Channel.VOICE,
    lead_id: UUID | None = None,
    call_id: UUID | None = None,
    campaign_id: UUID | None = None,
    journey_id: UUID | None = None,
    customer_id: UUID | None = None,
    content: str = "",
) -> Activity:
    """A line that is not written yet, for ``tell_all``. Its agency and client are those of ``about``.

    ``action`` stands in ``crm.timeline.ACTIONS``: another is a `KeyError`. ``content`` are words as they were sent.
    ``user_id`` names who began what is done later, when there is no actor any more.
    """
    ACTIONS[action]
    told = dict(metadata or {})
    if actor and actor.acting:
        told["acting"] = str(actor.acting.session_id)
    return Activity(
        agency_id=about.agency_id,
        client_id=about.client_id,
        lead_id=lead_id,
        call_id=call_id,
        campaign_id=campaign_id,
        journey_id=journey_id,
        customer_id=customer_id,
        actor_id=actor.user_id if actor else user_id,
        channel=channel,
        action=action,
        content_snapshot=content,
        metadata=told,
        occurred_at=now,
    )


def _written(make: Callable[Said, Activity]) -> Callable[Said, Activity]:
    @wraps(make)
    def tell(*args: Said.args, **said: Said.kwargs) -> Activity:
        told = make(*args, **said)
        told.save(force_insert=True)
        return told

    return tell


tell = _written(line)  # writes the line, in the transaction of the deed


def tell_all(lines: Iterable[Activity]) -> None:
    Activity.unscoped.bulk_create(lines)


def contact_line(call: Call) -> Activity:
    """The line of a contact, at the time at which it was. ``call`` has a lead; further facts are read from the call."""
    return line(
        about=call,
        action=contact_action(call.kind, call.direction),
        now=call.started_at,
        channel=CHANNELS.get(call.kind, Channel.OTHER),
        lead_id=call.lead_id,
        call_id=call.pk,
        campaign_id=call.campaign_id,
    )
