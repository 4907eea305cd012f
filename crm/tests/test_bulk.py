"""One deed for many leads: all that allow it, a reason for each other, and nothing half done."""

import threading
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction

from accounts.models import AuditEvent
from accounts.scope import agency_scope, scoped
from accounts.services.audit import NOWHERE
from conftest import NOON, Cast, House, make_cast
from crm.models import Activity, Campaign, CampaignMember, Lead, LeadTag, PipelineStage
from crm.services.bulk import MOST_AT_ONCE, Choice, Deed, Outcome, TooMany, bulk_edit, bulk_edit_all
from crm.services.suppression import suppress_lead
from crm.tests.test_lead_list import make_lead, make_leads


def do(cast: Cast, who: str, deed: Deed, leads: list[Lead], **choice: Any) -> Outcome:
    actor = cast.actor(who)
    with scoped(actor.scope):
        return bulk_edit(
            actor=actor, lead_ids=[lead.pk for lead in leads], deed=deed, choice=Choice(**choice), now=NOON,
            origin=NOWHERE,
        )  # fmt: skip


def said(outcome: Outcome) -> tuple[set[str], dict[str, str], int]:
    return (
        {lead.name for lead in outcome.done},
        {each.name: each.why for each in outcome.refused},
        outcome.gone,
    )


def fresh(cast: Cast, lead: Lead) -> Lead:
    with agency_scope(cast.larkspur.pk):
        return Lead.unscoped.select_related("stage").get(pk=lead.pk)


def told(cast: Cast, lead: Lead) -> list[str]:
    with agency_scope(cast.larkspur.pk):
        return list(Activity.unscoped.filter(lead=lead).order_by("pk").values_list("action", flat=True))


def both(cast: Cast) -> list[Lead]:
    return [
        make_lead(cast.brightside, display_name="Ann of Brightside"),
        make_lead(cast.delgado, display_name="Bob of Delgado"),
    ]


def stage(house: House, name: str, **wish: Any) -> PipelineStage:
    with agency_scope(house.client.agency_id):
        own = {"agency_id": house.client.agency_id, "client": house.client}
        return PipelineStage.unscoped.create(**own, name=name, position=1, **wish)


def test_owner_is_given_where_they_reach_the_client(cast: Cast) -> None:
    ann, bob = both(cast)

    outcome = do(cast, "nora", Deed.OWNER, [ann, bob], owner_id=cast.people["theo"].pk)

    assert said(outcome) == (
        {"Ann of Brightside"},
        {"Bob of Delgado": "is of a client that this person does not work with"},
        0,
    )
    assert (fresh(cast, ann).owner_id, fresh(cast, bob).owner_id) == (cast.people["theo"].pk, None)
    assert told(cast, ann) == ["owner_changed"]
    assert said(do(cast, "nora", Deed.OWNER, [ann], owner_id=None))[0] == {"Ann of Brightside"}
    assert fresh(cast, ann).owner_id is None


def test_each_moves_to_the_stage_of_that_name_of_its_own_client(cast: Cast) -> None:
    ann, bob = both(cast)
    quoted = stage(cast.brightside, "Quoted")

    outcome = do(cast, "nora", Deed.STAGE, [ann, bob], name="quoted")

    assert said(outcome)[1] == {"Bob of Delgado": "is of a client without a stage “quoted”"}
    moved = fresh(cast, ann)
    assert (moved.stage_id, moved.stage_entered_at, told(cast, ann)) == (quoted.pk, NOON, ["stage_changed"])


def test_lost_stage_wants_a_reason(cast: Cast) -> None:
    ann, _ = both(cast)
    stage(cast.brightside, "Lost", is_lost_stage=True)

    without = do(cast, "nora", Deed.STAGE, [ann], name="Lost")
    do(cast, "nora", Deed.STAGE, [ann], name="Lost", reason="Too expensive")

    assert said(without) == (set(), {"Ann of Brightside": "needs a reason to be lost"}, 0)
    assert (fresh(cast, ann).stage.name, fresh(cast, ann).lost_reason) == ("Lost", "Too expensive")


def test_tag_goes_on_and_off_in_every_client(cast: Cast) -> None:
    leads = both(cast)

    def tags() -> list[str]:
        with agency_scope(cast.larkspur.pk):
            rows = LeadTag.unscoped.filter(lead__in=leads).order_by("lead__display_name")
            return [f"{each.tag.name} {each.tag.client_id == each.lead.client_id}" for each in rows]

    do(cast, "nora", Deed.TAG, leads, name="Roof")
    on = tags()
    do(cast, "nora", Deed.UNTAG, leads, name="ROOF")

    assert (on, tags()) == (["Roof True"] * 2, [])
    assert told(cast, leads[0]) == ["tag_added", "tag_removed"]


def test_campaign_takes_people_of_its_own_client_once(cast: Cast) -> None:
    ann, bob = both(cast)
    campaign = cast.brightside.work.campaign
    for _ in range(2):
        outcome = do(cast, "nora", Deed.CAMPAIGN, [ann, bob], campaign_id=campaign.pk)

    assert said(outcome) == ({"Ann of Brightside"}, {"Bob of Delgado": "is not of Brightside Dental"}, 0)
    with agency_scope(cast.larkspur.pk):
        assert CampaignMember.unscoped.filter(campaign=campaign, lead__in=[ann, bob]).count() == 1
    assert (told(cast, ann), fresh(cast, ann).status) == (["campaign_joined"], "in_sequence")
    with pytest.raises(Campaign.DoesNotExist):
        do(cast, "theo", Deed.CAMPAIGN, [ann], campaign_id=cast.delgado.work.campaign.pk)


def test_campaign_leaves_out_who_said_stop_and_who_is_too_many(cast: Cast) -> None:
    names = ("Ann", "Bob", "Cid")
    ann, bob, cid = (make_lead(cast.brightside, display_name=name, email=f"{name}@x.test") for name in names)
    campaign = cast.brightside.work.campaign
    with agency_scope(cast.larkspur.pk):
        suppress_lead(lead=ann, reason="do_not_contact", source="test", added_by=None, now=NOON)
        Campaign.unscoped.filter(pk=campaign.pk).update(total_lead_limit=2)  # one is there
    outcome = do(cast, "nora", Deed.CAMPAIGN, [ann, bob, cid], campaign_id=campaign.pk)

    done, refused, gone = said(outcome)
    (other,) = {"Bob", "Cid"} - done
    assert (len(done), gone) == (1, 0)
    assert refused == {
        "Ann": "is on the do-not-contact list", other: "is one more than the 2 people of this campaign",
    }  # fmt: skip
    with agency_scope(cast.larkspur.pk):
        members = set(CampaignMember.unscoped.filter(campaign=campaign).values_list("lead", flat=True))
    assert (ann.pk in members, len(members)) == (False, 2)


def test_archive_and_back_but_not_beside_a_namesake_of_the_mailbox(cast: Cast) -> None:
    ann = make_lead(cast.brightside, display_name="Ann", email="a@x.test")
    bob = make_lead(cast.brightside, display_name="Bob")
    first = do(cast, "hannah", Deed.ARCHIVE, [ann, bob])
    again = do(cast, "hannah", Deed.ARCHIVE, [ann])
    make_lead(cast.brightside, display_name="Ann Two", email="A@x.test")
    back = do(cast, "hannah", Deed.RESTORE, [ann, bob])

    assert said(first)[0] == {"Ann", "Bob"}
    assert said(again) == (set(), {"Ann": "is in the archive"}, 0)
    assert said(back) == ({"Bob"}, {"Ann": "has the e-mail address of somebody on the list"}, 0)
    assert (fresh(cast, ann).archived_at, fresh(cast, bob).archived_at) == (NOON, None)
    assert (told(cast, ann), told(cast, bob)) == (["lead_archived"], ["lead_archived", "lead_restored"])
    with agency_scope(cast.larkspur.pk):
        logged = AuditEvent.unscoped.filter(target__in=[str(ann.pk), str(bob.pk)]).order_by("pk")
        assert sorted(logged.values_list("event_type", "target", "client_id")) == sorted([
            ("lead_archived", str(ann.pk), cast.brightside.client.pk),
            ("lead_archived", str(bob.pk), cast.brightside.client.pk),
            ("lead_restored", str(bob.pk), cast.brightside.client.pk),
        ])  # fmt: skip


def test_who_is_disqualified_by_hand_shows_it_and_customers_are_not(cast: Cast) -> None:
    ann, _ = both(cast)
    customer = make_lead(cast.brightside, display_name="Cy", status_by_hand="converted", status="converted")

    outcome = do(cast, "nora", Deed.DISQUALIFY, [ann, customer])

    assert said(outcome) == ({"Ann of Brightside"}, {"Cy": "is a customer already"}, 0)
    assert (fresh(cast, ann).status, fresh(cast, customer).status) == ("disqualified", "converted")


def test_what_is_not_the_readers_or_gone_is_left_out(cast: Cast) -> None:
    leads = [
        cast.brightside.lead,
        cast.delgado.lead,
        cast.kettle.lead,
        cast.brightside.work.gone,
        Lead(pk=uuid4()),
    ]

    outcome = do(cast, "hannah", Deed.TAG, leads, name="Roof")

    assert said(outcome) == ({"Lee Brightside Dental"}, {}, 4)


def chosen(leads: list[Lead], deed: str, **more: str) -> dict[str, Any]:
    return {"deed": deed, "lead": [str(lead.pk) for lead in leads], "next": "/leads/?status=new", **more}


def test_page_asks_first_and_the_deed_leads_back_to_the_list(cast: Cast) -> None:
    leads, nora = both(cast), cast.browser("nora")
    asked = nora.get("/leads/bulk/", chosen(leads, "archive")).content.decode()
    before = [fresh(cast, lead).archived_at for lead in leads]
    done = nora.post("/leads/bulk/do/", chosen(leads, "archive"))

    assert ("Archive 2 leads?" in asked, "Ann of Brightside" in asked, before) == (True, True, [None, None])
    assert (done.status_code, done["Location"]) == (302, "/leads/?status=new")
    assert None not in [fresh(cast, lead).archived_at for lead in leads]
    assert "Done for 2 leads." in nora.get("/leads/?status=new").content.decode()


def test_page_says_what_is_missing_and_keeps_what_was_chosen(cast: Cast) -> None:
    leads, nora = both(cast), cast.browser("nora")
    answers = {
        deed: nora.post("/leads/bulk/do/", chosen(leads, deed))
        for deed in ("stage", "tag", "untag", "campaign")
    }

    assert {deed: answer.status_code for deed, answer in answers.items()} == dict.fromkeys(answers, 422)
    page = answers["campaign"].content.decode()
    assert "Choose a campaign." in page
    assert all(f'value="{lead.pk}"' in page for lead in leads)
    assert "Name the tag." in answers["tag"].content.decode()
    nobody = nora.get("/leads/bulk/", {"deed": "tag", "next": "https://evil.test/"})
    assert (nobody.status_code, nobody["Location"]) == (302, "/leads/")
    assert nora.get("/leads/bulk/", {"deed": "nonsense"}).status_code == 404


def whole_list(query: str, deed: str = "tag", **more: str) -> dict[str, str]:
    return {"deed": deed, "every": "1", "next": f"/leads/{query}", **more}


def tagged(cast: Cast, name: str) -> set[str]:
    with agency_scope(cast.larkspur.pk):
        return set(LeadTag.unscoped.filter(tag__name=name).values_list("lead__display_name", flat=True))


def test_deed_for_all_that_match_reaches_every_page_and_nobody_else(cast: Cast) -> None:
    make_leads(cast.brightside, 220)  # more than a page, and than one batch
    for n in range(3):
        make_lead(cast.brightside, display_name=f"Converted {n}", status="converted")
    nora = cast.browser("nora")
    query = "?client=brightside-dental&status=converted"
    asked = nora.get("/leads/bulk/", whole_list(query)).content.decode()
    nora.post("/leads/bulk/do/", whole_list(query, name="Few", count="3"))
    everybody = nora.get("/leads/bulk/", whole_list("?client=brightside-dental")).context["leads"]
    nora.post(
        "/leads/bulk/do/", whole_list("?client=brightside-dental", name="Many", count=str(len(everybody)))
    )

    assert ("Put a tag on 3 leads" in asked, 'name="lead"' in asked) == (True, False)
    assert tagged(cast, "Few") == {"Converted 0", "Converted 1", "Converted 2"}
    assert len(everybody) == 224
    assert len(tagged(cast, "Many")) == len({lead.display_name for lead in everybody})


def test_list_that_has_changed_is_shown_again(cast: Cast) -> None:
    make_lead(cast.brightside, display_name="Converted", status="converted")
    again = cast.browser("nora").post(
        "/leads/bulk/do/", whole_list("?status=converted", name="Roof", count="7")
    )

    assert (again.status_code, "The list has changed since you looked." in again.content.decode()) == (
        422,
        True,
    )
    assert tagged(cast, "Roof") == set()


@pytest.mark.parametrize("place", ["", "/", "/clients/", "https://evil.test/leads/?status=converted"])
def test_which_list_it_is_must_be_said(cast: Cast, place: str) -> None:
    make_lead(cast.brightside, display_name="Converted", status="converted")
    answer = cast.browser("nora").post("/leads/bulk/do/", {**whole_list(""), "next": place, "name": "Roof"})

    assert (answer.status_code, tagged(cast, "Roof")) == (404, set())


def test_whole_list_is_the_readers_own_alone(cast: Cast) -> None:
    hannah = cast.browser("hannah")
    found = hannah.get("/leads/bulk/", whole_list("?client=delgado-plumbing")).context["leads"]

    assert {lead.client_id for lead in found} == {cast.brightside.client.pk}


def test_more_than_one_deed_takes_is_said_and_not_cut(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm.views.bulk.MOST_AT_ONCE", 2)
    leads, nora = (
        [make_lead(cast.brightside, display_name=f"Ann {n}") for n in range(3)],
        cast.browser("nora"),
    )
    for asked in (chosen(leads, "tag", name="Roof"), whole_list("?client=brightside-dental", name="Roof")):
        answer = nora.post("/leads/bulk/do/", asked, follow=True)
        assert "These are more than 2 leads" in answer.content.decode()

    assert tagged(cast, "Roof") == set()
    with pytest.raises(TooMany):
        bulk_edit_all(
            actor=cast.actor("nora"), lead_ids=[uuid4() for _ in range(MOST_AT_ONCE + 1)], deed=Deed.TAG,
            choice=Choice(name="Roof"), now=NOON, origin=NOWHERE,
        )  # fmt: skip


def test_how_many_feel_is_said_at_once(cast: Cast) -> None:
    ann, bob = both(cast)
    cast.browser("nora").post("/leads/bulk/do/", chosen([ann, bob], "sentiment", sentiment="negative"))

    assert [fresh(cast, each).sentiment for each in (ann, bob)] == ["negative"] * 2
    assert told(cast, ann) == ["sentiment_set"]


def test_refusals_are_told_by_name(cast: Cast) -> None:
    leads, nora = both(cast), cast.browser("nora")
    nora.post("/leads/bulk/do/", chosen(leads, "owner", owner_id=str(cast.people["theo"].pk)))
    page = nora.get("/leads/").content.decode()

    assert "Bob of Delgado is of a client that this person does not work with." in page


def test_deeds_are_offered_to_whom_they_are_allowed(cast: Cast) -> None:
    def offered(who: str, query: str = "") -> list[str]:
        return [deed for deed, _, _ in cast.browser(who).get(f"/leads/{query}").context["deeds"]]

    every = ["owner", "stage", "tag", "untag", "campaign", "sentiment", "disqualify", "archive"]
    assert offered("nora") == every
    assert offered("bea") == [each for each in every if each not in ("campaign", "archive")]
    assert offered("hannah") == [each for each in every if each != "campaign"]
    assert offered("vi") == []
    assert offered("nora", "?archived=1") == ["restore"]
    assert offered("theo") == [each for each in every if each != "archive"]  # as on a person's page


@pytest.mark.parametrize("who", ["theo", "bea", "ed"])
@pytest.mark.parametrize("deed", ["archive", "restore"])
def test_who_may_not_archive_one_person_may_not_archive_many(cast: Cast, who: str, deed: str) -> None:
    lead = cast.brightside.lead
    one = cast.browser(who).post(f"/leads/{lead.pk}/{deed}/")
    many = cast.browser(who).post("/leads/bulk/do/", chosen([lead], deed))

    assert (one.status_code, many.status_code) == (403, 403)


@pytest.mark.django_db(transaction=True)
def test_two_deeds_over_the_same_people_at_once_wait_for_each_other() -> None:
    with transaction.atomic():
        cast = make_cast()
        leads = make_leads(cast.brightside, 30)
    nora, failed, start = cast.actor("nora"), [], threading.Barrier(2)

    def edit(ids: list[UUID], deed: Deed, choice: Choice) -> None:
        try:
            start.wait()
            with scoped(nora.scope), transaction.atomic():
                bulk_edit(
                    actor=nora,
                    lead_ids=ids,
                    deed=deed,
                    choice=choice,
                    now=NOON + timedelta(hours=1),
                    origin=NOWHERE,
                )
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    ids = [lead.pk for lead in leads]
    threads = [
        threading.Thread(target=edit, args=(ids, Deed.DISQUALIFY, Choice())),
        threading.Thread(target=edit, args=(ids[::-1], Deed.OWNER, Choice(owner_id=nora.user_id))),
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        now = set(Lead.unscoped.filter(pk__in=ids).values_list("status", "owner_id"))

    assert (failed, now) == ([], {("disqualified", nora.user_id)})
