"""The page of the do-not-contact list: searched, added to, taken from, sent as a file and read from one."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from accounts.scope import PlatformUse, agency_scope, platform_scope
from conftest import NOON, Cast
from crm.models import Suppression
from crm.services.suppression import Entry, suppress

PAGE = "/suppression/"
NOW = timezone.now()


def file(text: str | bytes) -> SimpleUploadedFile:
    raw = text.encode() if isinstance(text, str) else text
    return SimpleUploadedFile("list.csv", raw, "text/csv")


def send(cast: Cast, who: str, text: str | bytes, client: str = "") -> Any:
    data = {"import-file": file(text), **({"import-client": client} if client else {})}
    return cast.browser(who).post(reverse("crm:suppression_import"), data)


def listed(cast: Cast) -> set[tuple[str, str, str, str]]:
    with platform_scope(PlatformUse.ADMIN):
        rows = Suppression.unscoped.exclude(value="stop@example.test").select_related("client")
        return {
            (each.value, each.reason, each.client.name if each.client else "", each.source) for each in rows
        }


def test_somebody_is_added_for_the_agency_and_for_a_client(cast: Cast) -> None:
    nora, hannah = cast.browser("nora"), cast.browser("hannah")
    add = reverse("crm:suppression_add")
    wide = {"client": "all", "value": "+1 (512) 555-0001", "reason": "do_not_contact", "channels": []}
    nora.post(add, wide)
    nora.post(add, {"client": cast.delgado.client.slug, "value": "Ann@Example.test", "reason": "manual"})
    hannah.post(add, {"value": "linkedin.com/in/bob", "reason": "opted_out", "client": "all"})

    assert listed(cast) == {
        ("+15125550001", "do_not_contact", "", "manual"),
        ("ann@example.test", "manual", "Delgado Plumbing", "manual"),
        ("linkedin.com/in/bob", "opted_out", "Brightside Dental", "manual"),
    }


def abroad(cast: Cast, country: str = "AU") -> None:
    """Delgado's people write the numbers of ``country`` without a code from now on."""
    client = cast.delgado.client
    client.settings = {**client.settings, "country": country}
    with platform_scope(PlatformUse.ADMIN):
        client.save(update_fields=["settings"])


def test_numbers_are_read_as_the_people_of_the_client_write_them(cast: Cast) -> None:
    abroad(cast)
    slug = cast.delgado.client.slug
    cast.browser("nora").post(
        reverse("crm:suppression_add"), {"client": slug, "value": "0412 345 678", "reason": "manual"}
    )
    send(cast, "nora", "0412 345 679\n", slug)
    wide = send(cast, "nora", "0412 345 670\n+61 412 345 671\n", "all")
    found = cast.browser("nora").get(PAGE + "?q=0412+345+678").content.decode()

    assert listed(cast) == {
        ("+61412345678", "manual", "Delgado Plumbing", "manual"),
        ("+61412345679", "imported", "Delgado Plumbing", "import"),
        ("+61412345671", "imported", "", "import"),
    }
    assert "Line 1: 0412 345 670" in wide.content.decode()
    assert ("+61 412 345 678" in found, "+61 412 345 679" in found) == (True, False)


@pytest.mark.parametrize(
    ("who", "data", "words"),
    [
        ("nora", {"client": "all", "value": "", "reason": "manual"}, "Write whom nobody should contact."),
        (
            "nora",
            {"client": "brightside-dental", "value": "555-0148", "reason": "manual"},
            "We can’t read this one.",
        ),
        (
            "nora",
            {"client": "all", "value": "(512) 555-0148", "reason": "manual"},
            "write the number with its country code, such as +1 512 555 0148.",
        ),
        (
            "nora",
            {"client": "copper-kettle", "value": "a@b.test", "reason": "manual"},
            "Choose one of your clients.",
        ),
        ("theo", {"client": "all", "value": "a@b.test", "reason": "manual"}, "Choose one of your clients."),
        ("nora", {"client": "all", "value": "a@b.test", "reason": "erased"}, "Select a valid choice."),
        (
            "nora",
            {"client": "all", "value": "a@b.test", "kind": "phone", "reason": "manual"},
            "We can’t read",
        ),
    ],
)
def test_refusals_stand_beside_the_field_and_keep_what_was_typed(
    cast: Cast, who: str, data: dict[str, str], words: str
) -> None:
    response = cast.browser(who).post(reverse("crm:suppression_add"), data)
    page = response.content.decode()

    assert (response.status_code, words in page, f'value="{data["value"]}"' in page or not data["value"]) == (
        422, True, True,
    )  # fmt: skip
    assert listed(cast) == set()


def test_search_finds_by_any_spelling_and_within_one_client(cast: Cast) -> None:
    with agency_scope(cast.larkspur.pk):
        own = {"agency_id": cast.larkspur.pk, "source": "test", "now": NOON}
        suppress(client_id=None, entries=[Entry("phone", "+1 512 555 0001")], **own)  # type: ignore[arg-type]
        suppress(
            client_id=cast.delgado.client.pk,
            entries=[Entry("email", "gone@example.test", "erased")],
            **own,  # type: ignore[arg-type]
        )
    nora = cast.browser("nora")

    def found(query: str) -> tuple[bool, bool, bool]:
        page = nora.get(PAGE + query).content.decode()
        return "(512) 555-0001" in page, "Erased person" in page, "stop@example.test" in page

    assert found("") == (True, True, True)
    assert found("?q=%2B1+512-555-0001") == (True, False, False)
    assert found("?q=Gone@example.test") == (False, True, False)
    assert found("?q=stop@exam") == (False, False, True)
    assert found("?client=all") == (True, False, False)
    assert found("?client=brightside-dental") == (False, False, True)
    assert found("?kind=phone&reason=manual") == (True, False, False)


def test_removing_asks_first_and_a_sticky_one_stays(cast: Cast) -> None:
    hannah, row = cast.browser("hannah"), cast.brightside.work.suppression
    asked = hannah.get(reverse("crm:suppression_remove", args=[row.pk]))
    with agency_scope(cast.larkspur.pk):
        Suppression.unscoped.filter(pk=row.pk).update(sticky=True, reason="hard_bounce")
    refused = hannah.post(reverse("crm:suppression_remove", args=[row.pk]))
    with agency_scope(cast.larkspur.pk):
        Suppression.unscoped.filter(pk=row.pk).update(sticky=False)
    removed = hannah.post(reverse("crm:suppression_remove", args=[row.pk]))
    with agency_scope(cast.larkspur.pk):
        left = Suppression.unscoped.filter(pk=row.pk).exists()

    assert "stop@example.test be contacted again?" in asked.content.decode()
    assert (refused.status_code, "This one stays" in refused.content.decode()) == (422, True)
    assert (removed.status_code, left) == (302, False)


def test_file_is_read_with_and_without_a_header(cast: Cast) -> None:
    plain = "ann@example.test\r\n+1 (512) 555-0001\nnonsense\n\nexample.com\n"
    first = send(cast, "nora", plain, "all")
    headed = (
        "\ufeffName;Phone Number;Reason;Channels\nAnn;'+15125550002;unsubscribed;voice sms\nBo;123;;\n"
        "Cy;512-555-0003;;fax\n"
    )
    second = send(cast, "nora", headed, cast.delgado.client.slug)

    assert "Line 3: nonsense" in first.content.decode()
    assert ("Line 3: 123" in second.content.decode(), "Line 4: 512-555-0003" in second.content.decode()) == (
        True,
        True,
    )
    assert listed(cast) == {
        ("ann@example.test", "imported", "", "import"),
        ("+15125550001", "imported", "", "import"),
        ("example.com", "imported", "", "import"),
        ("+15125550002", "unsubscribed", "Delgado Plumbing", "import"),
    }


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "The file is empty."),
        (b"\x81\x8d\x00\xff\xfe", "The file is not text."),
        (b'a,"b\n' + b"x" * 200_000, "is not CSV"),
    ],
)
def test_file_that_is_none_is_refused_in_words(cast: Cast, raw: bytes, words: str) -> None:
    response = send(cast, "nora", raw, "all")
    said = response.content.decode()

    assert (response.status_code, words in said) == (422, True)
    assert listed(cast) == set()


def test_file_of_ours_comes_back_without_changing_anything(cast: Cast) -> None:
    with agency_scope(cast.larkspur.pk):
        suppress(
            agency_id=cast.larkspur.pk, client_id=cast.brightside.client.pk, source="test", now=NOON,
            channels=["email"],
            entries=[
                Entry("email", "=cmd@example.test", "complaint", "=HYPERLINK(1)"), Entry("phone", "512 555 0001"),
            ],
        )  # fmt: skip
    hannah = cast.browser("hannah")
    response = hannah.get(reverse("crm:suppression_csv"))
    text = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    before = listed(cast)
    send(cast, "hannah", text)

    assert "email,'=cmd@example.test,email,complaint,'=HYPERLINK(1),Brightside Dental" in text
    assert "phone,'+15125550001,email,manual" in text
    assert listed(cast) == before


def test_pages_of_a_person_offer_no_call_to_who_must_not_be_called(cast: Cast) -> None:
    house = cast.brightside
    own = {"agency_id": cast.larkspur.pk, "client_id": house.client.pk, "source": "test", "now": NOW}
    with agency_scope(cast.larkspur.pk):
        house.lead.email = "lee@example.test"
        house.lead.save(update_fields=["email"])
        type(house.work.customer).unscoped.filter(pk=house.work.customer.pk).update(
            phone_e164=house.lead.phone_e164, email="lee@example.test"
        )
    pages = [
        reverse("crm:lead", args=[house.lead.pk]),
        reverse("crm:customer", args=[house.work.customer.pk]),
    ]

    def offered() -> list[tuple[bool, bool, bool, bool]]:
        told = [cast.browser("hannah").get(each).content.decode() for each in pages]
        return [
            ("href=\"tel:" in page, "href=\"mailto:" in page, "Do not call: opted out" in page,
             "Do not e-mail: opted out" in page)
            for page in told
        ]  # fmt: skip

    free = offered()
    with agency_scope(cast.larkspur.pk):
        suppress(entries=[Entry("phone", house.lead.phone_e164, "opted_out")], channels=["voice"], **own)  # type: ignore[arg-type]
    voice = offered()
    with agency_scope(cast.larkspur.pk):
        suppress(entries=[Entry("email", "lee@example.test", "opted_out")], **own)  # type: ignore[arg-type]
    both = offered()

    assert free == [(True, True, False, False)] * 2
    assert voice == [(False, True, True, False)] * 2
    assert both == [(False, False, True, True)] * 2


def test_client_learns_that_a_list_above_stops_and_not_why(cast: Cast) -> None:
    lead = cast.brightside.lead
    with agency_scope(cast.larkspur.pk):
        suppress(
            agency_id=cast.larkspur.pk, client_id=None, source="test", now=NOW,
            entries=[Entry("phone", lead.phone_e164, "complaint")],
        )  # fmt: skip
    page = reverse("crm:lead", args=[lead.pk])
    told = [cast.browser(who).get(page).content.decode() for who in ("hannah", "nora")]

    assert ["Do not call: on a list above yours" in told[0], "Do not call: reported as spam" in told[1]] == [
        True,
        True,
    ]


def standing(cast: Cast) -> list[tuple[Any, ...]]:
    columns = ("value", "reason", "channels", "expires_at", "sticky", "note", "source")
    with agency_scope(cast.larkspur.pk):
        rows = Suppression.unscoped.filter(client=cast.brightside.client).exclude(value="stop@example.test")
        return list(rows.order_by("value").values_list(*columns))


def test_who_stands_for_a_time_stands_for_it_again_when_the_file_comes_back(cast: Cast) -> None:
    future = (NOW + timedelta(days=30)).replace(second=7, microsecond=125)
    own = {
        "agency_id": cast.larkspur.pk,
        "client_id": cast.brightside.client.pk,
        "source": "test",
        "now": NOON,
    }
    with agency_scope(cast.larkspur.pk):
        for name, ends in (("a", future), ("b", None), ("c", NOON + timedelta(days=1))):
            entry = Entry("email", f"{name}@example.test", "opted_out")
            suppress(entries=[entry], expires_at=ends, **own)  # type: ignore[arg-type]
    before = standing(cast)
    hannah = cast.browser("hannah")
    text = b"".join(hannah.get(reverse("crm:suppression_csv")).streaming_content).decode()  # type: ignore[attr-defined]
    send(cast, "hannah", text)
    after = standing(cast)
    send(cast, "nora", text, cast.delgado.client.slug)

    assert after == before
    with agency_scope(cast.larkspur.pk):
        copied = Suppression.unscoped.filter(
            client=cast.delgado.client, value__in=["a@example.test", "c@example.test"]
        )
        assert list(copied.values_list("value", "expires_at")) == [("a@example.test", future)]
    assert (
        "Line 2: e@example.test"
        in send(cast, "hannah", "value,until\ne@example.test,soon\n").content.decode()
    )


def test_somebody_is_stopped_until_a_day_of_their_client(cast: Cast) -> None:
    add, hannah = reverse("crm:suppression_add"), cast.browser("hannah")
    told = {"value": "ann@example.test", "reason": "manual", "until": "2035-03-31"}
    hannah.post(add, told)
    late = hannah.post(add, {**told, "value": "bo@example.test", "until": "2020-01-01"})
    sticky = hannah.post(add, {**told, "value": "bo@example.test", "reason": "complaint"})

    assert [(row[0], row[3]) for row in standing(cast)] == [
        ("ann@example.test", datetime(2035, 4, 1, tzinfo=ZoneInfo(cast.brightside.client.timezone)))
    ]
    assert ("This day has passed." in late.content.decode(), late.status_code) == (True, 422)
    assert "never contacted again" in sticky.content.decode()


def test_reason_that_stays_is_for_those_who_could_take_others_away(cast: Cast) -> None:
    """Theo may add to the list and not take from it."""
    slug = cast.brightside.client.slug
    told = {"client": slug, "value": "ann@example.test", "reason": "complaint"}
    refused = cast.browser("theo").post(reverse("crm:suppression_add"), told)
    send(cast, "theo", "value,reason\nbo@example.test,complaint\ncy@example.test,hard_bounce\n", slug)
    send(cast, "hannah", "value,reason\ndi@example.test,complaint\n")

    assert (
        refused.status_code,
        "Reported as spam" in refused.content.decode().split('id="id_reason"')[1].split("</select>")[0],
    ) == (
        422,
        False,
    )
    assert [(row[0], row[1], row[4]) for row in standing(cast)] == [
        ("bo@example.test", "do_not_contact", False),
        ("cy@example.test", "do_not_contact", False),
        ("di@example.test", "complaint", True),
    ]


def test_file_cannot_say_that_somebody_was_erased(cast: Cast) -> None:
    send(cast, "hannah", "value,reason\nann@example.test,erased\n")

    assert listed(cast) == {("ann@example.test", "do_not_contact", "Brightside Dental", "import")}


def test_what_happens_to_the_list_is_in_the_log_without_naming_anybody(cast: Cast) -> None:
    send(cast, "hannah", "ann@example.test\nbob@example.test\n")
    cast.browser("hannah").get(reverse("crm:suppression_csv") + "?q=ann@example.test")
    with agency_scope(cast.larkspur.pk):
        told = AuditEvent.unscoped.filter(event_type__startswith="suppression_").order_by("seq")
        log = [(each.event_type, each.details) for each in told]

    assert log == [
        ("suppression_imported", {"new": 2, "known": 0, "over": 0, "refused": 0}),
        ("suppression_exported", {"q": "…"}),
    ]


def test_superuser_stops_the_whole_platform(cast: Cast) -> None:
    sam = cast.browser("sam")
    address = reverse("admin:crm_suppression_add")
    bad = sam.post(address, {"kind": "phone", "value": "12", "reason": "manual", "channels": "fax"})
    good = sam.post(
        address, {"kind": "phone", "value": "+1 512 555 0001", "reason": "complaint", "channels": "voice"}
    )
    with platform_scope(PlatformUse.ADMIN):
        row = Suppression.unscoped.get(agency=None)
        changed = sam.post(reverse("admin:crm_suppression_change", args=[row.pk]), {"value": "x"}).status_code
        deleted = sam.post(
            reverse("admin:crm_suppression_delete", args=[row.pk]), {"post": "yes"}
        ).status_code

    assert (bad.status_code, good.status_code, changed, deleted) == (200, 302, 403, 403)
    assert "needs its country code" in bad.content.decode()
    assert (row.value, row.channels, row.sticky, row.source) == ("+15125550001", ["voice"], True, "admin")
