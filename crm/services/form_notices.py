"""Mails to those who want to hear of a web form, again until the mail server takes them."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts.models import Client
from accounts.scope import PlatformUse, agency_scope, platform_scope
from accounts.services.mailing import MailRefused, send_now
from crm.models import Call, FormSubmission, InboundForm
from crm.services.readers import staff_addresses
from lib.claims import backoff_s, claim

log = logging.getLogger(__name__)
MOST_MAILS = 8  # tries, over some hours
FIRST_WAIT_S = 60.0
LEASE = timedelta(minutes=5)  # after which somebody else may try, should this process have died
Status = FormSubmission.Status


def tell_next(*, now: datetime) -> bool:
    """Tell the recipients of one submission who are due; False when none are. The mails leave between transactions.

    A process that dies between the mail and its note sends that mail twice, under one Message-ID.
    """
    with transaction.atomic(), platform_scope(PlatformUse.SWEEP):
        due = FormSubmission.unscoped.filter(status=Status.TELLING, due_at__lte=now).order_by("due_at")
        found = claim(due, 1)
        if not found:
            return False
        submission = found[0]
        submission.mail_attempts += 1
        submission.due_at = now + LEASE
        with agency_scope(submission.agency_id):
            submission.save(update_fields=["mail_attempts", "due_at", "updated_at"])
            mails = _mails(submission)
    refused = [to for to, context in mails.items() if not _sent(submission, to, context)]
    with agency_scope(submission.agency_id), transaction.atomic():
        _note(submission.pk, refused, now)
    return True


def _mails(submission: FormSubmission) -> dict[str, dict[str, str]]:
    """What each recipient is told. What was written stays here: a mail passes through many hands."""
    form = InboundForm.unscoped.get(pk=submission.form_id)
    client = Client.unscoped.get(pk=submission.client_id)
    call = Call.unscoped.defer("raw", "transcript").select_related("lead").get(pk=str(submission.call_id))
    who = (call.lead.name if call.lead else "") or "Somebody"
    staff = staff_addresses(agency_id=client.agency_id, addresses=submission.owed)
    return {
        to: {
            "form": form.name,
            "client": client.name,
            "who": who,
            "url": settings.PUBLIC_URL + _page(call, to.lower() in staff),
        }
        for to in submission.owed
    }


def _sent(submission: FormSubmission, to: str, context: dict[str, str]) -> bool:
    try:
        send_now(
            template="form_submission", to=to, agency_id=submission.agency_id, context=context,
            key=f"form-{submission.pk}-{submission.owed.index(to)}",
        )  # fmt: skip
    except MailRefused:
        log.exception("the mail about form submission %s was refused", submission.pk)
        return False
    return True


def _note(submission_id: UUID, refused: list[str], now: datetime) -> None:
    submission = FormSubmission.unscoped.select_for_update().get(pk=submission_id)
    if submission.status != Status.TELLING:
        return
    submission.owed, submission.error = refused, ""
    if not refused:
        submission.status = Status.PROCESSED
    elif submission.mail_attempts >= MOST_MAILS:
        submission.status = Status.FAILED
        submission.error = f"The message is in. The mail to {', '.join(refused)} could not be delivered."
    else:
        missing = ", ".join(refused)
        submission.error = (
            f"The message is in. The mail to {missing} was not taken yet; it is tried again by itself."
        )
        wait = backoff_s(submission.mail_attempts, base=FIRST_WAIT_S)
        submission.due_at = now + timedelta(seconds=wait)
    submission.save(update_fields=["owed", "status", "error", "due_at", "updated_at"])


def _page(call: Call, for_staff: bool) -> str:
    """Where the reader finds it: the agency's people the person, a client's people and whoever else their portal."""
    if not for_staff:
        return reverse("portal:call", args=[call.pk])
    return (
        reverse("crm:lead", args=[call.lead_id])
        if call.lead_id
        else reverse("crm:inbox_call", args=[call.pk])
    )
