"""The cast. Larkspur is an agency with two clients; Ironwood is another house altogether.

Nora owns Larkspur and sees all; Theo works there for Brightside alone. Bea calls for Larkspur and Ed edits its texts.
Hannah owns Brightside Dental and Vi only looks on; Rafael owns Delgado Plumbing next door. Otto owns Ironwood, whose
client is Copper Kettle, where Petra is at home. Sam is a superuser; Lena has a login and belongs nowhere. Every client
has one of everything, so that a leak has something to leak. Both houses have risk switched off, so that a password
lets their people in; tests of second factors switch it on.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import (
    ActionToken,
    Agency,
    AppSetting,
    Client,
    ClientAssignment,
    ClientProfile,
    CreditTransaction,
    ImpersonationSession,
    KnownPlace,
    Membership,
    MFAChallenge,
    MFASettings,
    RateLimit,
    ServicePackage,
    Subscription,
    TrustedDevice,
    User,
    UserSession,
)
from accounts.principal import load_principal
from accounts.proof import Proof, keep
from accounts.roles import Role
from accounts.scope import PlatformUse, platform_scope
from accounts.services.audit import record
from accounts.tenancy import Actor
from crm.models import (
    Activity,
    Call,
    CallClassification,
    CallTag,
    ClassificationPolicy,
    CTMAccount,
    CTMSyncRun,
    GHLAccount,
    GHLSyncRun,
    Lead,
    LeadTag,
    Note,
    PipelineStage,
    Tag,
)
from crm.tests.furnishing import Work, furnish_work
from integrations.models import InboundEvent, OutboxDelivery, OutboxEvent, WriteLog
from integrations.services.vault import store_credential
from notifications.models import Notification

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"


@dataclass
class House:
    """One client with one of everything."""

    client: Client
    lead: Lead
    call: Call
    stage: PipelineStage
    tag: Tag
    note: Note
    account: CTMAccount
    notice: Notification
    member: User  # of the client
    worker: User  # of the agency
    invitation: ActionToken  # to the client
    staff_invitation: ActionToken  # to the agency
    package: ServicePackage
    assignment: ClientAssignment
    work: Work


@dataclass
class Cast:
    larkspur: Agency
    ironwood: Agency
    brightside: House
    delgado: House
    kettle: House
    people: dict[str, User]

    def actor(self, name: str) -> Actor:
        principal = load_principal(self.people[name].pk)
        assert principal is not None
        actor = principal.actor()
        assert actor is not None
        return actor

    def give_password(self, name: str) -> User:
        """Let ``name`` sign in with ``PASSWORD``."""
        user = self.people[name]
        user.set_password(PASSWORD)
        user.save(update_fields=["password"])
        return user

    def browser(self, name: str | None, *, verified: bool = True) -> Browser:
        """A browser in which ``name`` is signed in; None is nobody.

        ``verified``: they have just shown an authenticator's code. Otherwise they came by password alone, and the gate
        has decided what it does with them.
        """
        browser = Browser()
        if name:
            user = self.people[name]
            browser.force_login(user, backend="accounts.backends.PrincipalBackend")
            if verified:
                session = browser.session
                session.pop("second_factor", None)
                keep(session, user, Proof(user.pk, "totp", timezone.now()))
                session.save()
        return browser


def furnish(client: Client, user: User, number: str, member: User, worker: User) -> House:
    own: dict[str, Any] = {"agency_id": client.agency_id, "client": client}
    ClientProfile.unscoped.create(**own)
    ClassificationPolicy.unscoped.create(**own)
    stage = PipelineStage.unscoped.create(**own, name="New", position=0)
    tag = Tag.unscoped.create(**own, name="Urgent")
    lead = Lead.unscoped.create(
        **own,
        display_name=f"Lee {client.name}",
        phone=number,
        phone_e164=number,
        stage=stage,
        last_call_at=NOON,
    )
    call = Call.unscoped.create(
        **own, lead=lead, external_id="7001", external_sid="CA7001", direction="inbound", from_number=number,
        from_e164=number, caller_name=f"Lee {client.name}", started_at=NOON, duration_seconds=95, answered=True,
        status="answered", category="warm", rating=3, rating_by="rule", summary="Wants a quote.",
        transcript="Agent: Hello.\nCaller: I want a quote.",
    )  # fmt: skip
    LeadTag.unscoped.create(**own, lead=lead, tag=tag)
    CallTag.unscoped.create(**own, call=call, tag=tag)
    CallClassification.unscoped.create(**own, call=call, by="rule", category="warm")
    note = Note.unscoped.create(**own, lead=lead, call=call, author=user, body=f"A note of {client.name}")
    Activity.unscoped.create(**own, lead=lead, call=call, action="call_received", occurred_at=NOON)
    credential = store_credential(
        agency_id=client.agency_id, client_id=client.pk, provider="ctm", label="main",
        secrets={"access_key": "a", "secret_key": "s"}, hint="a", now=NOON,
    )  # fmt: skip
    account = CTMAccount.unscoped.create(
        **own, credential=credential, account_number="511201", webhook_token=f"token-{client.slug}"
    )
    CTMSyncRun.unscoped.create(**own, account=account, started_at=NOON)
    token = store_credential(
        agency_id=client.agency_id, client_id=client.pk, provider="ghl", label="main", secrets={"token": "t"},
        hint="t", now=NOON,
    )  # fmt: skip
    ghl = GHLAccount.unscoped.create(**own, credential=token, location_id=f"loc-{client.slug}")
    GHLSyncRun.unscoped.create(**own, account=ghl, started_at=NOON)
    InboundEvent.unscoped.create(
        **own, provider="ctm", kind="end", external_id="x1", body={}, received_at=NOON, processed_at=NOON
    )
    event = OutboxEvent.unscoped.create(**own, topic="test.nothing", occurred_at=NOON)
    OutboxDelivery.unscoped.create(
        agency_id=client.agency_id, event=event, subscriber="nobody", due_at=NOON, done_at=NOON
    )
    WriteLog.unscoped.create(
        **own,
        provider="ctm",
        external_id="7001",
        field="rating",
        value=3,
        due_at=NOON,
        status="sent",
        sent_at=NOON,
    )
    record(event_type="credential_set", now=NOON, agency_id=client.agency_id, client_id=client.pk)
    invited = {
        at: ActionToken.unscoped.create(
            agency_id=client.agency_id, client=at, purpose="invite", email=f"{role}@{client.slug}.test",
            token_hash=f"{role} of {client.slug}", created_at=NOON, expires_at=NOON + timedelta(days=7),
            metadata={"role": role},
        )
        for at, role in ((client, "client_member"), (None, "agency_member"))
    }  # fmt: skip
    package = ServicePackage.unscoped.create(agency_id=client.agency_id, name=f"Plan {number[-4:]}")
    Subscription.unscoped.create(**own, package=package, status="active", credits_remaining=50)
    CreditTransaction.unscoped.create(**own, delta=50, balance_after=50, reason="grant", seq=1)
    ImpersonationSession.unscoped.create(
        **own, staff=user, started_at=NOON, ends_at=NOON + timedelta(hours=1), ended_at=NOON
    )
    notice = Notification.unscoped.create(
        **own, user=user, event="test", title="News", dedupe_key=f"n:{client.slug}"
    )
    assignment = ClientAssignment.unscoped.get(client=client)
    return House(
        client, lead, call, stage, tag, note, account, notice, member, worker, invited[client], invited[None],
        package, assignment, furnish_work(own, lead, call, user, NOON),
    )  # fmt: skip


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def remember(user: User) -> None:
    """What the product keeps about a login besides its memberships."""
    until = NOON + timedelta(days=30)
    device = TrustedDevice.objects.create(
        user=user, device_id=uuid4(), name="Firefox on Linux", trusted_at=NOON, expires_at=until
    )
    session = UserSession.objects.create(
        user=user, key_hash="of a session long over", trusted_device=device, device_name=device.name,
        sliding_expiry_at=until, absolute_expiry_at=until, revoked_at=NOON, revoked_reason="logout",
    )  # fmt: skip
    MFASettings.objects.create(user=user)
    KnownPlace.objects.create(user=user, device_id=device.device_id, first_seen_at=NOON, last_seen_at=NOON)
    MFAChallenge.objects.create(
        user=user, session=session, challenge_type="email_otp", trigger_reason="new_device", created_at=NOON,
        expires_at=NOON, verified_at=NOON,
    )  # fmt: skip
    RateLimit.objects.create(
        limit_key="hash", limit_type="login_ip", attempts=1, first_attempt_at=NOON, last_attempt_at=NOON
    )
    AppSetting.objects.create(key="test.nothing", value=1)


def make_cast() -> Cast:
    names = ("nora", "theo", "hannah", "vi", "rafael", "otto", "petra", "sam", "lena", "bea", "ed")
    people = {
        name: User.objects.create(
            email=f"{name}@example.test",
            display_name=name.capitalize(),
            is_superuser=name == "sam",
            password="!",
        )
        for name in names
    }
    with platform_scope(PlatformUse.PROVISION):
        larkspur = Agency.objects.create(name="Larkspur", slug="larkspur", settings={"mfa": {"risk": False}})
        ironwood = Agency.objects.create(name="Ironwood", slug="ironwood", settings={"mfa": {"risk": False}})

        def client(agency: Agency, name: str) -> Client:
            return Client.unscoped.create(
                agency=agency, name=name, slug=name.lower().replace(" ", "-"), status="active"
            )

        dental = client(larkspur, "Brightside Dental")
        plumbing = client(larkspur, "Delgado Plumbing")
        kettle = client(ironwood, "Copper Kettle")
        seats = (
            ("nora", larkspur, None, Role.AGENCY_OWNER, "all"),
            ("theo", larkspur, None, Role.AGENCY_MEMBER, "assigned"),
            ("bea", larkspur, None, Role.BDR, "all"),
            ("ed", larkspur, None, Role.EDITOR, "all"),
            ("hannah", larkspur, dental, Role.CLIENT_OWNER, "all"),
            ("vi", larkspur, dental, Role.CLIENT_VIEWER, "all"),
            ("rafael", larkspur, plumbing, Role.CLIENT_OWNER, "all"),
            ("otto", ironwood, None, Role.AGENCY_OWNER, "all"),
            ("petra", ironwood, kettle, Role.CLIENT_OWNER, "all"),
        )
        for name, agency, at, role, access in seats:
            Membership.unscoped.create(
                agency=agency, user=people[name], client=at, role=role, client_access=access, accepted_at=NOON
            )
        ClientAssignment.unscoped.create(agency=larkspur, client=dental, user=people["theo"])
        ClientAssignment.unscoped.create(agency=larkspur, client=plumbing, user=people["nora"])
        ClientAssignment.unscoped.create(agency=ironwood, client=kettle, user=people["otto"])
        houses = (
            furnish(dental, people["nora"], "+14105550142", people["vi"], people["theo"]),
            furnish(plumbing, people["nora"], "+15125550148", people["rafael"], people["bea"]),
            furnish(kettle, people["otto"], "+13035550117", people["petra"], people["otto"]),
        )
    remember(people["lena"])
    return Cast(larkspur, ironwood, *houses, people)
