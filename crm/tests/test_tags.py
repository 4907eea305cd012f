"""Tags: on a lead and off it, and named, coloured and deleted for a whole client."""

import threading
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import AuditEvent
from accounts.scope import agency_scope, scoped
from accounts.services.audit import NOWHERE
from conftest import NOON, Cast, House, make_cast
from crm.models import Activity, CallTag, Lead, LeadTag, Tag
from crm.services.tags import NameTaken, change_tag, create_tag, delete_tag, tag_lead, untag_lead, uses

AT: dict[str, Any] = {"now": NOON, "origin": NOWHERE}


def tags_on(house: House) -> set[str]:
    with agency_scope(house.client.agency_id):
        return set(LeadTag.unscoped.filter(lead=house.lead).values_list("tag__name", flat=True))


def told(house: House) -> list[tuple[str, Any]]:
    with agency_scope(house.client.agency_id):
        rows = Activity.unscoped.filter(lead=house.lead, action__startswith="tag_").order_by("pk")
        return [(each.action, each.metadata) for each in rows]


def test_tag_is_made_as_it_is_needed_and_put_on_once(cast: Cast) -> None:
    hannah, house = cast.actor("hannah"), cast.brightside
    with scoped(hannah.scope):
        for name in ("Roof", "roof", "URGENT"):
            tag_lead(actor=hannah, lead_id=house.lead.pk, name=name, now=NOON)

    assert tags_on(house) == {"Urgent", "Roof"}
    assert told(house) == [("tag_added", {"name": "Roof"})]


def test_tag_comes_off_one_lead_and_stays_on_others(cast: Cast) -> None:
    nora, house = cast.actor("nora"), cast.brightside
    with scoped(nora.scope):
        for _ in range(2):
            untag_lead(actor=nora, lead_id=house.lead.pk, tag_id=house.tag.pk, now=NOON)
        untag_lead(
            actor=nora, lead_id=cast.delgado.lead.pk, tag_id=house.tag.pk, now=NOON
        )  # another client's

    assert (tags_on(house), tags_on(cast.delgado)) == (set(), {"Urgent"})
    assert told(house) == [("tag_removed", {"name": "Urgent"})]


def test_strangers_lead_and_archived_lead_are_not_tagged(cast: Cast) -> None:
    hannah = cast.actor("hannah")
    with agency_scope(cast.larkspur.pk):
        Lead.unscoped.filter(pk=cast.brightside.lead.pk).update(archived_at=NOON)
    with scoped(hannah.scope):
        for lead in (cast.brightside.lead, cast.delgado.lead, cast.kettle.lead):
            with pytest.raises(Lead.DoesNotExist):
                tag_lead(actor=hannah, lead_id=lead.pk, name="Roof", now=NOON)


def test_tag_is_renamed_and_recoloured_wherever_it_is(cast: Cast) -> None:
    nora, house = cast.actor("nora"), cast.brightside
    with scoped(nora.scope):
        change_tag(actor=nora, tag_id=house.tag.pk, name="At once", hue="red", **AT)
        create_tag(actor=nora, client_id=house.client.pk, name="Later", hue="gray", **AT)
        with pytest.raises(NameTaken):
            change_tag(actor=nora, tag_id=house.tag.pk, name="LATER", hue="red", **AT)
        with pytest.raises(NameTaken):
            create_tag(actor=nora, client_id=house.client.pk, name="at ONCE", hue="red", **AT)

    assert (tags_on(house), tags_on(cast.delgado)) == ({"At once"}, {"Urgent"})


def test_deleted_tag_is_gone_from_leads_and_calls_and_on_record(cast: Cast) -> None:
    nora, house = cast.actor("nora"), cast.brightside
    with scoped(nora.scope):
        assert uses(house.tag) == (1, 1)
        delete_tag(actor=nora, tag_id=house.tag.pk, **AT)
        with pytest.raises(Tag.DoesNotExist):
            delete_tag(actor=nora, tag_id=cast.kettle.tag.pk, **AT)

    with agency_scope(cast.larkspur.pk):
        left = CallTag.unscoped.filter(call=house.call).count()
        event = AuditEvent.unscoped.get(event_type="tag_deleted")
    assert (tags_on(house), left, tags_on(cast.delgado)) == (set(), 0, {"Urgent"})
    assert (event.target, event.client_id) == ("Urgent", house.client.pk)


def test_pages_of_tags_say_what_is_wrong_and_ask_before_they_delete(cast: Cast) -> None:
    nora, house = cast.browser("nora"), cast.brightside
    slug = house.client.slug
    blank = nora.post("/tags/create/", {"client": slug, "name": "", "hue": "red"})
    taken = nora.post("/tags/create/", {"client": slug, "name": "urgent", "hue": "red"})
    wrong = nora.post("/tags/create/", {"client": slug, "name": "New", "hue": "purple"})
    made = nora.post("/tags/create/", {"client": slug, "name": "Roof", "hue": "red"})
    asked = nora.get(f"/tags/{house.tag.pk}/delete/").content.decode()

    assert [each.status_code for each in (blank, taken, wrong, made)] == [422, 422, 422, 302]
    assert "Name the tag." in blank.content.decode()
    assert "There is a tag of that name already." in taken.content.decode()
    assert 'value="urgent"' in taken.content.decode()
    assert made["Location"] == f"/tags/?client={slug}"
    assert "It comes off 1 lead and 1 call." in asked
    assert tags_on(house) == {"Urgent"}


@pytest.mark.django_db(transaction=True)
def test_two_who_make_one_tag_at_once_make_one(settings: Any) -> None:
    with transaction.atomic():
        cast = make_cast()
    nora, lead, failed = cast.actor("nora"), cast.brightside.lead, []
    start = threading.Barrier(4)

    def tag() -> None:
        try:
            start.wait()
            with scoped(nora.scope), transaction.atomic():
                tag_lead(actor=nora, lead_id=lead.pk, name="Roof", now=NOON)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=tag) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        made = Tag.unscoped.filter(client=cast.brightside.client, name="Roof").count()
        put = LeadTag.unscoped.filter(lead=lead, tag__name="Roof").count()

    assert (failed, made, put) == ([], 1, 1)
