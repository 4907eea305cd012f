"""Notes: one's own to change, everybody's to read, and whoever is mentioned and may see the person is told."""

from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse

from accounts.models import Membership
from accounts.scope import agency_scope, scoped
from conftest import NOON, Cast
from crm.mentions import mentioned
from crm.models import Activity, Lead, Note
from crm.services.notes import NotYours, add_note, delete_note, edit_note, pin_note
from crm.services.readers import sees_lead
from notifications.models import Notification

PEOPLE = {1: "Theo Ramirez", 2: "Theodora Ramirez", 3: "Bea", 4: "Ana María Núñez", 5: "Theo Okafor"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", set()),
        ("@", set()),
        ("ask @Bea, please", {3}),
        ("@bea @BEA", {3}),
        ("(@Bea)", {3}),
        ("@Beatrix", set()),
        ("write to lee@Bea", set()),
        ("mail lee@bea.example", set()),
        ("@Theo", set()),  # two have the name
        ("@theo  ramirez", set()),  # not as the name is written
        ("@Theo Ramirez and @Theo Okafor", {1, 5}),
        ("@Theodora Ramirez", {2}),
        ("@Theodora", {2}),
        ("@ana maría núñez!", {4}),
        ("@Ana", {4}),
        ("@@Bea", {3}),
    ],
)
def test_names_after_an_at_sign(text: str, found: set[int]) -> None:
    assert mentioned(text, PEOPLE) == found


def note(cast: Cast, who: str, body: str, **fields: Any) -> Note:
    actor = cast.actor(who)
    with scoped(actor.scope), transaction.atomic():
        return add_note(actor=actor, lead_id=cast.brightside.lead.pk, body=body, now=NOON, **fields)


def told(cast: Cast) -> list[tuple[str, str]]:
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        rows = Notification.unscoped.filter(event="mention").select_related("user").order_by("user__email")
        return [(row.user.display_name, row.title) for row in rows]


def test_who_is_mentioned_is_told_once(cast: Cast) -> None:
    written = note(cast, "nora", "@Theo look, and @Hannah. @Nora too.")
    with scoped(cast.actor("nora").scope), transaction.atomic():
        edit_note(
            actor=cast.actor("nora"), note_id=written.pk, body="@Theo, @Bea", note_type="call", now=NOON
        )

    words = "Nora mentioned you about Lee Brightside Dental"
    assert told(cast) == [("Bea", words), ("Hannah", words), ("Theo", words)]


def test_nobody_is_told_of_a_person_they_may_not_see(cast: Cast) -> None:
    note(cast, "nora", "@Rafael @Petra @Otto @Ed @Lena @Sam")
    assert told(cast) == []


def test_a_right_that_was_revoked_is_not_told(cast: Cast) -> None:
    with agency_scope(cast.larkspur.pk):
        Membership.unscoped.filter(user=cast.people["theo"]).update(revoked_at=NOON)
    note(cast, "nora", "@Theo")
    assert told(cast) == []
    url = reverse("crm:mentions", args=[cast.brightside.lead.pk])
    assert "Theo" not in cast.browser("nora").get(url, {"q": ""}).content.decode()


def test_only_who_may_see_this_very_person_is_told(cast: Cast) -> None:
    lead = cast.brightside.lead
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        seeing = {name: sees_lead(cast.people[name].pk, lead) for name in cast.people}

    assert {name for name, sees in seeing.items() if sees} == {"nora", "theo", "bea", "hannah", "vi"}


def test_a_clients_people_mention_those_who_work_for_them(cast: Cast) -> None:
    note(
        cast, "hannah", "@Theo @Vi @Nora @Bea"
    )  # Nora and Bea may see all clients; nobody told Hannah of them
    assert [name for name, _ in told(cast)] == ["Theo", "Vi"]


def test_only_the_author_changes_a_note(cast: Cast) -> None:
    written, theo = note(cast, "nora", "First", note_type="meeting", pinned=True), cast.actor("theo")
    with scoped(theo.scope):
        with pytest.raises(NotYours), transaction.atomic():
            edit_note(actor=theo, note_id=written.pk, body="Mine", note_type="note", now=NOON)
        with pytest.raises(NotYours), transaction.atomic():
            delete_note(actor=theo, note_id=written.pk, now=NOON)
        with transaction.atomic():
            after = pin_note(actor=theo, note_id=written.pk, pinned=False)

    assert (after.body, after.note_type, after.pinned) == ("First", "meeting", False)


def test_a_deleted_note_leaves_a_line_and_no_words(cast: Cast) -> None:
    written, nora = note(cast, "nora", "Secret"), cast.actor("nora")
    with scoped(nora.scope), transaction.atomic():
        delete_note(actor=nora, note_id=written.pk, now=NOON)
        lines = Activity.unscoped.filter(metadata__note_id=str(written.pk)).order_by("pk")
        assert [line.action for line in lines] == ["note_added", "note_deleted"]
        assert not any("Secret" in str(line.metadata) for line in lines)

    page = cast.browser("nora").get(reverse("crm:lead", args=[cast.brightside.lead.pk])).content.decode()
    assert "Note deleted" in page
    assert "Secret" not in page


def test_notes_on_the_page(cast: Cast) -> None:
    lead, browser = cast.brightside.lead, cast.browser("hannah")
    page = reverse("crm:lead", args=[lead.pk])

    refused = browser.post(reverse("crm:note_add", args=[lead.pk]), {"body": "  ", "note_type": "sms"})
    assert refused.status_code == 422
    assert "Write something first." in refused.content.decode()

    browser.post(
        reverse("crm:note_add", args=[lead.pk]),
        {"body": "Wants a Tuesday", "note_type": "sms", "pinned": "on"},
    )
    shown = browser.get(page).content.decode()
    assert (shown.count("Wants a Tuesday"), "Text message" in shown, "Kept at the top" in shown) == (
        2,
        True,
        True,
    )
    assert "Wants a Tuesday" in browser.get(page, {"kind": "notes"}).content.decode()
    assert "Nothing of this kind yet." in browser.get(page, {"kind": "meetings"}).content.decode()


def test_no_note_is_added_to_an_erased_person(cast: Cast) -> None:
    with agency_scope(cast.larkspur.pk):
        Lead.unscoped.filter(pk=cast.brightside.lead.pk).update(erased_at=NOON)
    with pytest.raises(Lead.DoesNotExist):
        note(cast, "nora", "Still here?")


def test_suggestions_are_people_who_may_be_told(cast: Cast) -> None:
    url = reverse("crm:mentions", args=[cast.brightside.lead.pk])
    staff, client = (cast.browser(who).get(url, {"q": ""}).content.decode() for who in ("nora", "hannah"))

    names = ("Nora", "Theo", "Bea", "Hannah", "Vi", "Rafael", "Otto", "Petra")
    assert [name for name in names if f'data-name="{name}"' in staff] == ["Theo", "Bea", "Hannah", "Vi"]
    assert [name for name in names if f'data-name="{name}"' in client] == ["Theo", "Vi"]
