"""What comes in by a client's web form: stored before anything is believed, processed at once and again until it is."""

import hashlib
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from accounts.models import Client
from accounts.scope import PlatformUse, agency_scope, platform_scope
from accounts.tenancy import Actor
from crm.form_words import TRAP, record_of, words_of
from crm.models import Call, FormSubmission, InboundForm
from crm.services.form_notices import tell_next
from crm.services.ingest import ingest_calls
from crm.services.leads import region_of
from crm.services.reconciling import Reading
from lib.claims import backoff_s, claim

log = logging.getLogger(__name__)
MOST_ATTEMPTS = 6
WINDOW, MOST_A_WINDOW = (
    timedelta(minutes=10),
    10,
)  # of one sender at one form; more are kept for a person to look at
MOST_HELD, HELD_WITHIN = 1000, timedelta(days=1)  # of one form; beyond it a sender over the limit is refused
FAILED_WORDS = (
    "It could not be taken in. Press “Try again”; if it comes back, tell whoever looks after Switchboard."
)
AGAIN_WORDS = "It could not be taken in yet. It is tried again by itself."
SPAM = "spam"
Status = FormSubmission.Status


class UnknownForm(Exception):
    """No form that takes anything has this address."""


class TooMany(Exception):
    """The sender has used this form too often, and so many are held for it that no more can be kept."""


class Judged(Exception):
    """Somebody has said already what it is."""


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

    A website that posts from its own server is one sender, whoever fills it in. So what is over the limit of a sender
    is held for a person to look at instead of being refused: an enquiry may wait, and is not lost. Whoever floods a
    form from one address fills at most what is held of it in a day, and nobody below the limit notices; who floods it
    by way of the website makes what comes from there wait, and after a thousand be refused.

    Raises `UnknownForm`, `TooMany`, and `crm.form_words.NotAForm`.
    """
    form = find_form(token)
    words = words_of(sent)
    with agency_scope(form.agency_id), transaction.atomic():
        InboundForm.unscoped.select_for_update().get(pk=form.pk)  # counted one after the other
        mark = _mark(form, sender)
        recent = FormSubmission.unscoped.filter(form=form, sender_hash=mark, received_at__gt=now - WINDOW)
        is_over = recent.count() >= MOST_A_WINDOW
        if is_over and _held(form, now) >= MOST_HELD:
            raise TooMany
        submission = FormSubmission.unscoped.create(
            agency_id=form.agency_id, client_id=form.client_id, form=form, payload=words, due_at=now, received_at=now,
            sender_hash=mark, category=SPAM if sent.get(TRAP) else "",
            status=Status.HELD if is_over else Status.QUEUED,
        )  # fmt: skip
        _ring()
    return submission


def _held(form: InboundForm, now: datetime) -> int:
    rows = FormSubmission.unscoped.filter(form=form, status=Status.HELD, received_at__gt=now - HELD_WITHIN)
    return rows.count()


def _mark(form: InboundForm, sender: str) -> str:
    """The sender's address, so far as it can be compared and no further."""
    return hashlib.sha256(f"{settings.SECRET_KEY}:{form.pk}:{sender}".encode()).hexdigest()


def _ring() -> None:
    from crm.tasks import sweep_forms  # a leaf: tasks call services back

    transaction.on_commit(sweep_forms.delay, robust=True)


def process_next(*, now: datetime) -> bool:
    """Take in one submission that is due, or tell its recipients; False when none is. Any number may run at once."""
    return _take_in_next(now) or tell_next(now=now)


def _take_in_next(now: datetime) -> bool:
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
    except Exception:
        log.exception("form submission %s failed", submission.pk)
        submission.error = AGAIN_WORDS
        submission.due_at = now + timedelta(seconds=backoff_s(submission.attempts))
        if submission.attempts >= MOST_ATTEMPTS:
            submission.status, submission.error = Status.FAILED, FAILED_WORDS
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
            submission.owed = list(form.recipients)
    submission.status = Status.TELLING if submission.owed else Status.PROCESSED
    submission.processed_at, submission.error, submission.due_at = now, "", now


@transaction.atomic
def try_again(*, actor: Actor, submission_id: UUID, now: datetime) -> FormSubmission:
    """Put a submission that was given up back into the queue, or its mails. Raises `FormSubmission.DoesNotExist`."""
    submission = _hold(actor, submission_id)
    if submission.status == Status.FAILED:
        submission.status = Status.TELLING if submission.owed else Status.QUEUED
        submission.attempts = submission.attempts if submission.owed else 0
        submission.mail_attempts, submission.due_at = 0, now
        submission.save(update_fields=["status", "attempts", "mail_attempts", "due_at", "updated_at"])
        _ring()
    return submission


@transaction.atomic
def judge(*, actor: Actor, submission_id: UUID, is_spam: bool, now: datetime) -> FormSubmission:
    """Say of what was held or trapped whether it is spam; what is none is taken in as any other.

    Raises `FormSubmission.DoesNotExist`, and `Judged` when it was taken in or thrown out before.
    """
    submission = _hold(actor, submission_id)
    if not submission.awaits_verdict:
        raise Judged
    submission.category = SPAM if is_spam else ""
    submission.status = Status.PROCESSED if is_spam else Status.QUEUED
    submission.attempts, submission.due_at = 0, now
    submission.processed_at = now if is_spam else None
    submission.save(update_fields=["category", "status", "attempts", "due_at", "processed_at", "updated_at"])
    if not is_spam:
        _ring()
    return submission


def _hold(actor: Actor, submission_id: UUID) -> FormSubmission:
    rows = FormSubmission.objects.for_actor(actor).select_for_update(of=("self",))
    submission: FormSubmission = rows.get(pk=submission_id)
    return submission
