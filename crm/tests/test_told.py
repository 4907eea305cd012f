"""What people do beside the calls stands in the timeline too: whose deed it was, and in words."""

from typing import Any

import pytest
from django.urls import reverse

from accounts.scope import PlatformUse, platform_scope
from conftest import Cast
from crm.models import Activity, Call, Lead, Note
from crm.timeline import ACTIONS

Line = tuple[str, str, dict[str, Any]]


def lines(cast: Cast, *actions: str) -> list[Line]:
    """(action, who did it, what was told), in the order in which they came."""
    with platform_scope(PlatformUse.ADMIN):
        rows = Activity.unscoped.filter(lead=cast.brightside.lead, action__in=actions).order_by("pk")
        return list(rows.values_list("action", "actor__display_name", "metadata"))


def words(told: list[Line]) -> list[str]:
    return [ACTIONS[action].said(metadata) for action, _, metadata in told]


def test_note_typed_while_logging_a_call_has_its_line(cast: Cast) -> None:
    form = {
        "direction": "outbound",
        "phone": "",
        "started_at": "2026-03-03T10:30",
        "minutes": "4",
        "notes": "A quote.",
    }
    cast.browser("bea").post(reverse("crm:lead_call_log", args=[cast.brightside.lead.pk]), form)
    with platform_scope(PlatformUse.ADMIN):
        call = Call.unscoped.get(source="manual")
        note = Note.unscoped.get(call=call)
        line = Activity.unscoped.get(call=call, action="note_added")
    page = cast.browser("nora").get(reverse("crm:lead", args=[cast.brightside.lead.pk]) + "?kind=notes")

    assert (line.lead_id, line.metadata) == (cast.brightside.lead.pk, {"note_id": str(note.pk)})
    assert "A quote." in page.content.decode()


def test_place_in_a_campaign_is_told_at_every_step(cast: Cast) -> None:
    nora, work = cast.browser("nora"), cast.brightside.work
    url = reverse("crm:campaign_member", args=[work.campaign.pk, work.member.pk])
    for do in ("paused", "paused", "active", "completed", "remove"):
        nora.post(url, {"do": do})
    found = lines(cast, "campaign_member", "campaign_left")

    assert found == [
        ("campaign_member", "Nora", {"name": "Recall", "from": "active", "to": "paused"}),
        ("campaign_member", "Nora", {"name": "Recall", "from": "paused", "to": "active"}),
        ("campaign_member", "Nora", {"name": "Recall", "from": "active", "to": "completed"}),
        ("campaign_left", "Nora", {"name": "Recall"}),
    ]
    assert words(found) == [
        "Paused in the campaign Recall", "Is called again in the campaign Recall",
        "Done with the campaign Recall", "Taken out of the campaign Recall",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("phone", "(410) 555-0142"),
        ("email", "Lee@Example.test"),
        ("linkedin", "LinkedIn.com/in/Lee"),
        ("domain", "example.test"),
    ],
)
def test_number_or_address_stopped_by_hand_is_told_of_its_people(cast: Cast, kind: str, value: str) -> None:
    with platform_scope(PlatformUse.ADMIN):
        Lead.unscoped.filter(pk=cast.brightside.lead.pk).update(
            email="lee@example.test", linkedin_url="https://www.linkedin.com/in/lee"
        )
        Lead.unscoped.filter(pk=cast.delgado.lead.pk).update(
            phone_e164="+14105550142", email="lee@example.test"
        )
    hannah = cast.browser("hannah")
    form = {"kind": kind, "value": value, "reason": "manual", "note": ""}
    for _ in range(2):  # the second time it stands there already
        hannah.post(reverse("crm:suppression_add"), form)
    found = lines(cast, "suppression_added", "suppression_removed")
    with platform_scope(PlatformUse.ADMIN):
        elsewhere = Activity.unscoped.filter(lead=cast.delgado.lead, action="suppression_added").count()

    told = [] if kind == "domain" else [("suppression_added", "Hannah", {"kind": kind})]
    assert (found, elsewhere) == (told, 0)
    noun = {"phone": "number", "email": "e-mail address", "linkedin": "LinkedIn profile"}.get(kind)
    assert words(found) == ([f"Their {noun} was put on the do-not-contact list"] if noun else [])


def test_tags_of_a_call_are_told_once(cast: Cast) -> None:
    nora, call = cast.browser("nora"), cast.brightside.call
    for _ in range(2):
        nora.post(reverse("crm:tag", args=[call.pk]), {"name": "Roof"})
    with platform_scope(PlatformUse.ADMIN):
        tag = call.call_tags.get(tag__name="Roof").tag_id
    for _ in range(2):
        nora.post(reverse("crm:untag", args=[call.pk, tag]))
    found = lines(cast, "call_tagged", "call_untagged")

    assert found == [("call_tagged", "Nora", {"name": "Roof"}), ("call_untagged", "Nora", {"name": "Roof"})]
    assert words(found) == ["Call tagged Roof", "Tag Roof taken off a call"]
