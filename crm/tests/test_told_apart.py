"""People who look the same and are not: shown no more, until somebody joins them or it is taken back."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import Membership
from accounts.scope import PlatformUse, platform_scope, scoped
from conftest import NOON, Cast, House
from crm.models import Activity, DifferentPeople, Lead
from crm.services.duplicates import NotSeveral, tell_apart

PAGE, DIFFERENT = reverse("crm:duplicates"), reverse("crm:duplicates_different")


def add(house: House, name: str, **more: Any) -> Lead:
    values = {"phone": "+14105550142", "phone_e164": "+14105550142", **more}
    with platform_scope(PlatformUse.ADMIN):
        made: Lead = Lead.unscoped.create(
            agency_id=house.client.agency_id, client=house.client, display_name=name, **values
        )
        return made


def groups(cast: Cast, who: str = "hannah") -> list[set[str]]:
    found = cast.browser(who).get(PAGE, {"client": "brightside-dental"}).context["groups"]
    return [{each.name for each in group.leads} for group in found]


def say(cast: Cast, *leads: Lead, who: str = "hannah") -> int:
    form = {"lead": [str(each.pk) for each in leads], "client": "brightside-dental"}
    return cast.browser(who).post(DIFFERENT, form).status_code


def rows(cast: Cast) -> list[DifferentPeople]:
    with platform_scope(PlatformUse.ADMIN):
        made = DifferentPeople.unscoped.filter(client=cast.brightside.client)
        return list(made.exclude(pk=cast.brightside.work.different.pk))


def test_different_people_are_shown_no_more_until_one_joins(cast: Cast) -> None:
    lee, ann = cast.brightside.lead, add(cast.brightside, "Ann")
    before = groups(cast)
    status = say(cast, lee, ann)
    after = groups(cast)
    bob = add(cast.brightside, "Bob")
    joined = groups(cast)
    say(cast, lee, ann, bob)

    both = {"Lee Brightside Dental", "Ann"}
    assert (before, status, after, joined, groups(cast)) == ([both], 302, [], [both | {"Bob"}], [])


def test_they_stay_apart_when_one_of_them_goes(cast: Cast) -> None:
    lee, ann, bob = cast.brightside.lead, add(cast.brightside, "Ann"), add(cast.brightside, "Bob")
    say(cast, lee, ann, bob)
    with platform_scope(PlatformUse.ADMIN):
        Lead.unscoped.filter(pk=bob.pk).update(archived_at=NOON)

    assert groups(cast) == []


def test_it_can_be_taken_back(cast: Cast) -> None:
    lee, ann = cast.brightside.lead, add(cast.brightside, "Ann")
    say(cast, lee, ann)
    (said,) = rows(cast)
    hannah = cast.browser("hannah")
    shown = hannah.get(PAGE).content.decode()
    answer = hannah.post(reverse("crm:duplicates_undo", args=[said.pk]))

    assert ("Told apart: 2" in shown, answer["Location"], len(groups(cast)), rows(cast)) == (
        True,
        PAGE,
        1,
        [],
    )
    with platform_scope(PlatformUse.ADMIN):
        told = Activity.unscoped.filter(lead=ann).order_by("pk").values_list("action", flat=True)
        assert list(told) == ["told_apart", "told_apart_undone"]


@pytest.mark.parametrize("others", ["delgado", "kettle", "nobody"])
def test_only_ones_own_people_are_told_apart(cast: Cast, others: str) -> None:
    lead = cast.brightside.lead
    with platform_scope(PlatformUse.ADMIN):
        other = getattr(cast, others).lead if others != "nobody" else lead
    say(cast, lead, other)
    say(cast, lead, other, who="nora")

    assert rows(cast) == []


def test_who_sees_own_records_tells_no_others_apart(cast: Cast) -> None:
    ann, bob = add(cast.brightside, "Ann"), add(cast.brightside, "Bob")
    with platform_scope(PlatformUse.ADMIN):
        Membership.unscoped.filter(user=cast.people["theo"]).update(record_access="own")
    actor = cast.actor("theo")
    with scoped(actor.scope), pytest.raises(NotSeveral):
        tell_apart(actor=actor, client_id=cast.brightside.client.pk, lead_ids=[ann.pk, bob.pk], now=NOON)


def test_nothing_of_a_person_is_kept_but_their_identifier(cast: Cast) -> None:
    lee, ann = cast.brightside.lead, add(cast.brightside, "Ann")
    say(cast, lee, ann)
    (said,) = rows(cast)

    words = {field.name for field in DifferentPeople._meta.get_fields()}
    assert words == {"id", "created_at", "updated_at", "agency", "client", "people", "said_by", "said_at"}
    assert set(said.people) == {lee.pk, ann.pk}


def test_one_alone_is_nobody_different(cast: Cast) -> None:
    own: dict[str, Any] = {"agency": cast.larkspur, "client": cast.brightside.client, "said_at": NOON}
    with platform_scope(PlatformUse.ADMIN), pytest.raises(IntegrityError), transaction.atomic():
        DifferentPeople.unscoped.create(**own, people=[cast.brightside.lead.pk])
