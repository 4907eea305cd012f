"""A client made by a page has everything that its calls need."""

from django.urls import reverse

from accounts.models import AuditEvent, Client, ClientProfile, Subscription
from accounts.scope import agency_scope
from conftest import Cast
from crm.models import ClassificationPolicy, PipelineStage

FACTS = {
    "name": "Summit Roofing", "industry": "home_service", "subtype": "Roofing", "email": "desk@summit.test",
    "phone": "512 555 0199", "website": "summit.test", "timezone": "America/Chicago",
}  # fmt: skip


def test_new_client_has_all_it_needs(cast: Cast) -> None:
    nora = cast.browser("nora")
    answer = nora.post(reverse("crm:client_create"), FACTS)
    again = nora.post(reverse("crm:client_create"), FACTS)

    assert (answer.headers["Location"], again.headers["Location"]) == (
        "/clients/summit-roofing/profile/",
        "/clients/summit-roofing-2/profile/",
    )
    with agency_scope(cast.larkspur.pk):
        made = Client.unscoped.get(slug="summit-roofing")
        told = list(AuditEvent.unscoped.filter(event_type="client_created").values_list("target", flat=True))
    assert {name: getattr(made, name) for name in FACTS} == {**FACTS, "website": "https://summit.test"}
    assert (made.status, made.archived_at) == ("onboarding", None)
    with agency_scope(cast.larkspur.pk):
        counts = [
            model.unscoped.filter(client=made).count()
            for model in (ClientProfile, Subscription, ClassificationPolicy, PipelineStage)
        ]
        chances = (
            PipelineStage.unscoped.filter(client=made).order_by("position").values_list("chance", flat=True)
        )
        assert list(chances) == [10, 20, 50, None, None]
    assert counts == [1, 1, 1, 5]
    assert told == ["Summit Roofing", "Summit Roofing"]
