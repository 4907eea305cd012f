"""Who hears of what: the one registry of the event outbox."""

from integrations.services.inbound import RECEIVED
from integrations.services.outbox import subscribe


def register() -> None:
    from crm.services import ctm_webhook, ingest, scoring
    from portal import announcements

    subscribe(RECEIVED, "crm.ctm_webhook", ctm_webhook.process_inbound)
    for topic in (ingest.CALL_ARRIVED, ingest.CALL_JUDGED):  # what a call is about is often known only later
        subscribe(topic, "portal.announce_call", announcements.announce_call)
    subscribe(scoring.LEAD_HOT, "portal.announce_hot", announcements.announce_hot)
