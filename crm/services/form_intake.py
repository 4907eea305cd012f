"""What comes in by a client's web form: stored before anything is believed, processed at once and again until it is."""

import hashlib
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts.models import Client
from accounts.scope import PlatformUse, agency_scope, platform_scope
from accounts.services.mailing import send_mail
from accounts.tenancy import Actor
from crm.form_words import TRAP, record_of, words_of
from crm.models import Call, FormSubmission, InboundForm
from crm.services.ingest import ingest_calls
from crm.services.leads import region_of
from crm.services.readers import staff_addresses
from crm.services.reconciling import Reading
from lib.claims import backoff_s, claim
from lib.payloads import clean_text

log = logging.getLogger(__name__)
MOST_ATTEMPTS = 6
WINDOW, MOST_A_WINDOW = timedelta(minutes=10), 10  # of one sender at one form
SPAM = "spam"
Status = FormSubmission.Status


class UnknownForm(Exception):
    """No form that takes anything has this address."""


class TooMany(Exception):
    """The sender has used this form too often for now."""


def find_form(token: str) -> InboundForm:
    """Raises `UnknownForm`."""
    with transaction.atomic(), platform_scope(PlatformUse.LINK):
        form: InboundForm | None = (
            InboundForm.unscoped.select_related("client", "agency")
            .filter(token=token, active=True, client__archived_at=None)
            .first()
        )
    if form is None:
        raise UnknownForm
    return form


def receive(*, token: str, sent: Mapping[str, str], sender: str, now: datetime) -> FormSubmission:
    """Keep what was sent to the form with ``token`` and ring for it. ``sender`` is the address it came from.

    Raises `UnknownForm`, `TooMany`, and `crm.form_words.NotAForm`.
    """
    form = find_form(token)
    words = words_of(sent)
    with agency_scope(form.agency_id), transaction.atomic():
        InboundForm.unscoped.select_for_update().get(pk=form.pk)  # counted one after the other
        mark = _mark(form, sender)
        recent = FormSubmission.unscoped.filter(form=form, sender_hash=mark, received_at__gt=now - WINDOW)
        if recent.count() >= MOST_A_WINDOW:
            raise TooMany
        submission = FormSubmission.unscoped.create(
            agency_id=form.agency_id, client_id=form.client_id, form=form, payload=words, due_at=now, received_at=now,
            sender_hash=mark, category=SPAM if sent.get(TRAP) else "",
        )  # fmt: skip
        _ring()
    return submission


def _mark(form: InboundForm, sender: str) -> str:
    """The sender's address, so far as it can be compared and no further."""
    return hashlib.sha256(f"{settings.SECRET_KEY}:{form.pk}:{sender}".encode()).hexdigest()


def _ring() -> None:
    from crm.tasks import sweep_forms  # a leaf: tasks call services back

    transaction.on_commit(sweep_forms.delay, robust=True)


def process_next(*, now: datetime) -> bool:
    """Process one submission that is due; False when none is. Any number may run side by side."""
    with transaction.atomic(), platform_scope(PlatformUse.SWEEP):
        due = FormSubmission.unscoped.filter(status=Status.QUEUED, due_at__lte=now).order_by("due_at")
        found = claim(due, 1)
        if not found:
            return False
        submission = found[0]
        with agency_scope(submission.agency_id):
            _attempt(submission, now)
    return True


def _attempt(submission: FormSubmission, now: datetime) -> None:
    submission.attempts += 1
    try:
        with transaction.atomic():
            _process(submission, now)
    except Exception as error:
        log.exception("form submission %s failed", submission.pk)
        submission.error = clean_text(f"{type(error).__name__}: {error}")[:500]
        submission.due_at = now + timedelta(seconds=backoff_s(submission.attempts))
        if submission.attempts >= MOST_ATTEMPTS:
            submission.status = Status.FAILED
    submission.save()


def _process(submission: FormSubmission, now: datetime) -> None:
    form = InboundForm.unscoped.get(pk=submission.form_id)
    client = Client.unscoped.get(pk=submission.client_id)
    if submission.category != SPAM:
        record = record_of(
            submission.payload, external_id=str(submission.pk), form=form.name, received_at=submission.received_at,
            region=region_of(client),
        )  # fmt: skip
        result = ingest_calls(
            client=client, records=[record], reading=Reading(now), now=now, source=Call.Source.FORM
        )
        call = result.fresh[0]
        submission.call, submission.lead, submission.category = call, call.lead, call.category
        if call.category != SPAM:
            _tell(form, client, call)
    submission.status, submission.processed_at, submission.error = Status.PROCESSED, now, ""


def _tell(form: InboundForm, client: Client, call: Call) -> None:
    """What was written stays here: a mail passes through many hands."""
    who = (call.lead.name if call.lead else "") or "Somebody"
    staff = staff_addresses(agency_id=client.agency_id, addresses=form.recipients)
    for recipient in form.recipients:
        url = settings.PUBLIC_URL + _page(call, recipient.lower() in staff)
        send_mail(
            template="form_submission", to=recipient, agency_id=client.agency_id,
            context={"form": form.name, "client": client.name, "who": who, "url": url},
        )  # fmt: skip


def _page(call: Call, for_staff: bool) -> str:
    """Where the reader finds it: the agency's people the person, a client's people and whoever else their portal."""
    if not for_staff:
        return reverse("portal:call", args=[call.pk])
    return (
        reverse("crm:lead", args=[call.lead_id])
        if call.lead_id
        else reverse("crm:inbox_call", args=[call.pk])
    )


@transaction.atomic
def try_again(*, actor: Actor, submission_id: UUID, now: datetime) -> FormSubmission:
    """Put a submission that was given up back into the queue. Raises `FormSubmission.DoesNotExist`."""
    rows = FormSubmission.objects.for_actor(actor).select_for_update(of=("self",))
    submission: FormSubmission = rows.get(pk=submission_id)
    if submission.status == Status.FAILED:
        submission.status, submission.attempts, submission.due_at = Status.QUEUED, 0, now
        submission.save(update_fields=["status", "attempts", "due_at", "updated_at"])
        _ring()
    return submission
