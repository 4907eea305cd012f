"""What comes in by a client's web form: who may send, what becomes of it, and who is told."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from smtplib import SMTPRecipientsRefused
from typing import Any, ClassVar

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection, transaction
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from accounts.scope import agency_scope
from conftest import NOON, Cast, make_cast
from crm.form_words import MOST_FIELDS, NotAForm, record_of, words_of
from crm.models import Call, FormSubmission, InboundForm, Lead
from crm.services import form_intake, form_notices
from crm.services.form_intake import process_next

ANN = {
    "your-name": "Ann Lee",
    "Email Address": "Ann@Example.test",
    "Telephone": "(512) 555-0148",
    "Message": "Do you do roofs?",
}


def address(cast: Cast) -> str:
    return reverse("crm:public_form", args=[cast.brightside.work.form.token])


def submissions(cast: Cast) -> list[FormSubmission]:
    """Those that the test sent, the oldest first."""
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        rows = FormSubmission.unscoped.filter(client=cast.brightside.client).exclude(
            pk=cast.brightside.work.submission.pk
        )
        return list(rows.select_related("lead", "call").order_by("received_at", "pk"))


def work(at: Any = None) -> int:
    done = 0
    while process_next(now=at or timezone.now()):
        done += 1
    return done


def test_words_of_any_form_become_one_person_and_a_message() -> None:
    words = words_of({**ANN, "csrfmiddlewaretoken": "x", "Budget": " 500 ", "empty": " "})
    record = record_of(words, external_id="1", form="Contact", received_at=NOON, region="US")

    assert (record.caller_name, record.email, record.from_e164) == (
        "Ann Lee",
        "ann@example.test",
        "+15125550148",
    )
    assert record.message_body == "Message: Do you do roofs?\nBudget: 500"
    assert record.form == (*ANN.items(), ("Budget", "500"))


def test_empty_and_enormous_forms_are_refused() -> None:
    for sent in ({}, {"a": " "}, {"website_address": "x"}, {str(n): "x" for n in range(MOST_FIELDS + 1)}):
        with pytest.raises(NotAForm):
            words_of(sent)


def test_post_from_another_website_makes_a_lead_and_a_call(cast: Cast) -> None:
    response = Browser(enforce_csrf_checks=True).post(
        address(cast), ANN, headers={"accept": "application/json"}
    )

    assert (response.status_code, response.json()) == (202, {"received": True})
    assert work() == 1
    (kept,) = submissions(cast)
    assert (kept.status, kept.attempts, kept.payload) == ("processed", 1, ANN)
    assert kept.lead is not None
    assert kept.call is not None
    assert (kept.lead.name, kept.lead.email, kept.lead.phone_e164, kept.lead.source) == (
        "Ann Lee", "ann@example.test", "+15125550148", "form",
    )  # fmt: skip
    assert (kept.call.kind, kept.call.source, kept.call.vendor_source, kept.category) == (
        "form", "form", "Web form: Contact", kept.call.category,
    )  # fmt: skip
    assert work() == 0


def test_known_person_gains_no_twin(cast: Cast) -> None:
    for _ in range(2):
        Browser().post(address(cast), ANN)
    work()
    leads = {each.lead_id for each in submissions(cast)}

    assert len(leads) == 1


def test_trap_marks_spam_that_makes_no_lead(cast: Cast) -> None:
    Browser().post(address(cast), {**ANN, "website_address": "http://spam.test"})
    work()
    (kept,) = submissions(cast)

    assert (kept.status, kept.category, kept.lead, kept.call) == ("processed", "spam", None, None)


def test_recipients_learn_who_wrote_and_not_what(cast: Cast) -> None:
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        InboundForm.unscoped.filter(pk=cast.brightside.work.form.pk).update(recipients=["desk@example.test"])
    Browser().post(address(cast), ANN)
    work()

    (told,) = mail.outbox
    assert (told.to, told.subject) == (["desk@example.test"], "Ann Lee wrote to Brightside Dental")
    assert "roofs" not in told.message().as_string()


def test_mail_leads_each_reader_to_a_page_of_theirs(cast: Cast) -> None:
    """Theo works for the agency, Hannah for the client; the front desk has no login, and Otto is of another agency."""
    who = ["Theo@example.test", "hannah@example.test", "desk@example.test", "otto@example.test"]
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        InboundForm.unscoped.filter(pk=cast.brightside.work.form.pk).update(recipients=who)
    Browser().post(address(cast), ANN)
    work()
    (kept,) = submissions(cast)
    person = reverse("crm:lead", args=[kept.lead.pk])
    call = reverse("portal:call", args=[kept.call.pk])
    pages = {told.to[0]: next(page for page in (person, call) if page in told.body) for told in mail.outbox}

    assert pages == dict(zip(who, (person, call, call, call), strict=True))
    opened = [cast.browser(name).get(page).status_code for name, page in (("theo", person), ("hannah", call))]
    assert opened == [200, 200]


def test_what_is_over_the_limit_waits_for_a_person_and_is_not_lost(cast: Cast) -> None:
    """As from the server of a website, which is one sender whoever fills its form in."""
    statuses = [Browser().post(address(cast), {**ANN, "Message": str(n)}).status_code for n in range(11)]
    work()
    last = submissions(cast)[-1]
    held = (last.status, last.lead_id, last.payload["Message"])
    page = cast.browser("nora").get(reverse("crm:submission", args=[last.pk])).content.decode()
    answer = cast.browser("nora").post(reverse("crm:submission_judge", args=[last.pk]), {"spam": "0"})
    work()
    taken = submissions(cast)[-1]
    again = cast.browser("nora").post(reverse("crm:submission_judge", args=[last.pk]), {"spam": "1"})

    assert (statuses, held) == ([200] * 11, ("held", None, "10"))
    assert "This is not spam" in page
    assert (answer.status_code, taken.status, taken.lead is not None) == (302, "processed", True)
    assert (again.status_code, submissions(cast)[-1].category) == (302, taken.category)
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        FormSubmission.unscoped.update(received_at=timezone.now() - timedelta(minutes=11))
    Browser().post(address(cast), ANN)
    assert submissions(cast)[-1].status == "queued"


def test_no_more_is_held_than_can_be_looked_at(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who floods the form is refused in the end; a sender below the limit still comes through."""
    monkeypatch.setattr(form_intake, "MOST_HELD", 2)
    statuses = [Browser().post(address(cast), ANN).status_code for _ in range(13)]
    other = Browser().post(address(cast), ANN, REMOTE_ADDR="198.51.100.7").status_code

    assert (statuses, other) == ([200] * 12 + [429], 200)


def test_what_was_trapped_can_be_taken_in_after_all(cast: Cast) -> None:
    Browser().post(address(cast), {**ANN, "website_address": "http://spam.test"})
    work()
    (kept,) = submissions(cast)
    listed = cast.browser("nora").get(reverse("crm:form", args=[kept.form_id])).content.decode()
    cast.browser("nora").post(reverse("crm:submission_judge", args=[kept.pk]), {"spam": "0"})
    work()
    (taken,) = submissions(cast)

    assert reverse("crm:submission", args=[kept.pk]) in listed
    assert taken.lead is not None
    assert (taken.status, taken.lead.name, taken.category != "spam") == ("processed", "Ann Lee", True)


def test_what_was_sent_is_shown_and_is_no_markup(cast: Cast) -> None:
    Browser().post(address(cast), {**ANN, "Message": "<script>alert(1)</script>\nSecond line"})
    work()
    (kept,) = submissions(cast)
    page = cast.browser("vi").get(reverse("crm:submission", args=[kept.pk])).content.decode()

    assert "&lt;script&gt;alert(1)&lt;/script&gt;<br>Second line" in page
    assert ("Try again" in page, "Your name" in page or "your-name" in page) == (False, True)


def recipients(cast: Cast, *addresses: str) -> None:
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        InboundForm.unscoped.filter(pk=cast.brightside.work.form.pk).update(recipients=list(addresses))


class Refusing(EmailBackend):
    """A mail server that turns some addresses away."""

    refused: ClassVar[set[str]] = set()

    def send_messages(self, messages: Any) -> int:
        if any(to in self.refused for each in messages for to in each.to):
            raise SMTPRecipientsRefused({})
        return super().send_messages(messages)


def test_mail_that_was_refused_is_sent_again_and_only_that(cast: Cast, settings: Any) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    Refusing.refused = {"desk@example.test"}
    recipients(cast, "desk@example.test", "theo@example.test")
    Browser().post(address(cast), ANN)
    at = timezone.now()
    work(at)
    (kept,) = submissions(cast)
    waits = (kept.status, kept.owed, kept.attempts, kept.mail_attempts, kept.due_at > at)
    page = cast.browser("nora").get(reverse("crm:submission", args=[kept.pk])).content.decode()
    Refusing.refused = set()
    early, later = work(at), work(at + timedelta(minutes=2))
    (told,) = submissions(cast)

    assert waits == ("telling", ["desk@example.test"], 1, 1, True)
    assert ("The mail to desk@example.test was not taken yet" in page, "Recipients" in page) == (True, False)
    assert (early, later, told.status, told.owed, told.error) == (0, 1, "processed", [], "")
    assert [each.to for each in mail.outbox] == [["theo@example.test"], ["desk@example.test"]]


def test_mail_that_is_never_taken_needs_attention_and_can_be_asked_for(cast: Cast, settings: Any) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    Refusing.refused = {"desk@example.test"}
    recipients(cast, "desk@example.test")
    Browser().post(address(cast), ANN)
    at = timezone.now()
    for _ in range(form_notices.MOST_MAILS):
        work(at)
        at += timedelta(hours=2)
    (given_up,) = submissions(cast)
    listed = cast.browser("nora").get(reverse("crm:forms")).content.decode()
    Refusing.refused = set()
    cast.browser("nora").post(reverse("crm:submission_retry", args=[given_up.pk]))
    work()
    (told,) = submissions(cast)

    assert (given_up.status, given_up.mail_attempts, given_up.lead is not None) == ("failed", 8, True)
    assert given_up.error == "The message is in. The mail to desk@example.test could not be delivered."
    assert '<span class="state bad">' in listed
    assert (told.status, told.attempts, len(mail.outbox)) == ("processed", 1, 1)
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        assert Call.unscoped.filter(source="form").count() == 1


def test_mail_that_is_sent_twice_carries_one_name(cast: Cast) -> None:
    recipients(cast, "desk@example.test")
    Browser().post(address(cast), ANN)
    work()
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        FormSubmission.unscoped.filter(form=cast.brightside.work.form).exclude(
            pk=cast.brightside.work.submission.pk
        ).update(status="telling", owed=["desk@example.test"], due_at=timezone.now())
    work()

    first, second = (each.message()["Message-ID"] for each in mail.outbox)
    assert first == second


def test_address_is_renewed_after_a_question(cast: Cast) -> None:
    page, old = reverse("crm:form_renew", args=[cast.brightside.work.form.pk]), address(cast)
    nora = cast.browser("nora")
    asked = nora.get(page).content.decode()
    before = Browser().get(old).status_code
    nora.post(page)
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        form = InboundForm.unscoped.get(pk=cast.brightside.work.form.pk)
        told = AuditEvent.unscoped.get(event_type="form_address_renewed")
    after = [Browser().get(each).status_code for each in (old, reverse("crm:public_form", args=[form.token]))]

    assert "The present one stops working at once" in asked
    assert (before, after, told.details) == (200, [404, 200], {"form": str(form.pk)})


def test_closed_unknown_and_archived_forms_do_not_exist(cast: Cast) -> None:
    form = cast.brightside.work.form
    assert Browser().get("/f/nothing-here/").status_code == 404
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        InboundForm.unscoped.filter(pk=form.pk).update(active=False)

    assert [Browser().get(address(cast)).status_code, Browser().post(address(cast), ANN).status_code] == [
        404,
        404,
    ]


def test_own_page_keeps_what_was_typed_and_says_what_is_missing(cast: Cast) -> None:
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        fields = [
            {"name": "name", "label": "Your name", "kind": "text", "required": True},
            {"name": "email", "label": "E-mail", "kind": "email", "required": False},
        ]
        InboundForm.unscoped.filter(pk=cast.brightside.work.form.pk).update(fields=fields)
    response = Browser().post(address(cast), {"email": "ann at example", "from_here": "1"})
    page = response.content.decode()

    assert response.status_code == 422
    assert "Please fill in “Your name”." in page
    assert "ann at example" in page
    assert submissions(cast) == []


def test_failure_is_tried_again_then_given_up_and_can_be_put_back(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    Browser().post(address(cast), ANN)
    ingest = vars(form_intake)["ingest_calls"]

    def breaks(**_: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(form_intake, "ingest_calls", breaks)
    at = timezone.now()
    for _ in range(form_intake.MOST_ATTEMPTS):
        assert work(at) == 1
        at += timedelta(hours=2)
    (kept,) = submissions(cast)
    assert (kept.status, kept.attempts, kept.error) == ("failed", 6, form_intake.FAILED_WORDS)
    assert work(at) == 0

    monkeypatch.setattr(form_intake, "ingest_calls", ingest)
    answer = cast.browser("nora").post(reverse("crm:submission_retry", args=[kept.pk]))
    work(at)
    (kept,) = submissions(cast)
    assert (answer.status_code, kept.status, kept.error) == (302, "processed", "")


@pytest.fixture
def real_cast(transactional_db: None) -> Cast:
    with transaction.atomic():
        return make_cast()


def test_workers_side_by_side_process_each_once(real_cast: Cast) -> None:
    for n in range(9):
        Browser().post(address(real_cast), {**ANN, "Message": f"Question {n}"})
    gate = threading.Barrier(3)

    def go(_: int) -> int:
        gate.wait()
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        done = sum(pool.map(go, range(3)))
    kept = submissions(real_cast)

    assert done == 9
    assert {each.attempts for each in kept} == {1}
    with agency_scope(real_cast.larkspur.pk), transaction.atomic():
        assert Call.unscoped.filter(source="form").count() == 9
        assert Lead.unscoped.filter(source="form").count() == 1


def test_form_is_made_on_its_page(cast: Cast) -> None:
    browser = cast.browser("hannah")
    made = browser.post(
        reverse("crm:form_create"),
        {
            "client": str(cast.brightside.client.pk), "name": "Landing page", "asked": ["name", "phone"],
            "required": ["phone"], "questions": "When?\nWhen?\nWhere?",
            "recipients": "desk@example.test", "active": "on",
        },
    )  # fmt: skip
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        form = InboundForm.unscoped.get(name="Landing page")

    assert made.headers["Location"] == reverse("crm:form", args=[form.pk])
    assert [(each["name"], each["required"]) for each in form.fields] == [
        ("name", False), ("phone", True), ("When?", False), ("Where?", False),
    ]  # fmt: skip
    assert len(form.token) == 32
    refused = browser.post(
        reverse("crm:form_save", args=[form.pk]), {"name": "X", "asked": ["name"], "recipients": "nobody"}
    )
    assert refused.status_code == 422
    assert "“nobody” is not an e-mail address." in refused.content.decode()
