"""From where a request comes, as the risk sees it, and what its sign-in still owes. All of it lies in the session."""

from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone

from accounts import proof
from accounts.factors import factors_of
from accounts.geo import country_of
from accounts.models import MFAChallenge, Trigger, User
from accounts.proof import Proof
from accounts.risk import Visit
from accounts.services.audit import Origin
from accounts.services.challenges import AskedTooOften, ask
from accounts.services.sign_in_rules import judge, remember_place

ASKED = "second_factor"  # {"why", "strong", "challenge": {method: id}, "enrol": seconds}


def visit_of(request: HttpRequest) -> Visit:
    origin = Origin.of(request)
    return Visit(origin.device_id, origin.ip, country_of(origin.ip))


def arrive(request: HttpRequest, user: User) -> None:
    """Somebody gave a right password, or came from a provider: let them in or hold them, by risk. Holding, mail the
    code at once when that is the way they prefer."""
    now, visit = timezone.now(), visit_of(request)
    proof.forget(request.session)
    for left_over in (ASKED, proof.LAST_USED):
        request.session.pop(left_over, None)
    why, rules, trusted = judge(user=user, visit=visit, now=now)
    if why is None:
        method = proof.TRUSTED_DEVICE if trusted else proof.NOT_ASKED
        proof.keep(request.session, user, Proof(user.pk, method, now))
        remember_place(user_id=user.pk, visit=visit, now=now)
        return
    request.session[ASKED] = {"why": why.value, "strong": rules.strong, "challenge": {}}
    method = factors_of(user.pk).methods(strong=rules.strong)[0]
    try:
        open_challenge(request, user, method, now)
    except AskedTooOften:
        pass  # the page that asks will say so


def asked(request: HttpRequest) -> dict[str, object]:
    found = request.session.get(ASKED)
    return found if isinstance(found, dict) else {}


def open_challenge(request: HttpRequest, user: User, method: str, now: datetime) -> MFAChallenge:
    """The session's challenge of this kind. Raises `AskedTooOften`."""
    owed = asked(request)
    why = str(owed.get("why") or Trigger.STEP_UP.value)
    challenge = ask(user=user, method=method, why=why, now=now, origin=Origin.of(request))
    known = owed.get("challenge")
    kept = {**(known if isinstance(known, dict) else {}), method: str(challenge.pk)}
    request.session[ASKED] = {**owed, "challenge": kept}
    return challenge
