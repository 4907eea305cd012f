from crm.services.ingest import CALL_ARRIVED, CALL_JUDGED
from crm.services.scoring import LEAD_HOT
from integrations.services import outbox
from integrations.services.inbound import RECEIVED


def test_every_news_of_the_product_has_its_subscribers() -> None:
    """The names are stored with deliveries: renaming one leaves news undelivered."""
    assert {topic: sorted(names) for topic, names in outbox._subscribers.items()} == {
        RECEIVED: ["crm.ctm_webhook"],
        CALL_ARRIVED: ["portal.announce_call"],
        CALL_JUDGED: ["portal.announce_call"],
        LEAD_HOT: ["portal.announce_hot"],
    }
