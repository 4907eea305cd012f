"""What the demo consists of. Everybody and everything here is invented."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import (
    Agency,
    Client,
    ClientAssignment,
    ClientProfile,
    Membership,
    ServicePackage,
    Subscription,
    User,
)
from accounts.months import month_of, start_of
from accounts.roles import Role
from accounts.scope import PlatformUse, agency_scope, platform_scope
from crm.models import ClassificationPolicy, CTMAccount
from crm.services import ctm_connect
from crm.services.ctm_connect import CTMKeys
from crm.services.new_client import add_stages
from lib.http import ProviderError
from portal.demo_calling import make_campaign
from portal.demo_ghl import connect_location
from portal.demo_lists import add_lists
from portal.demo_people import add_people
from portal.demo_scores import add_scores
from portal.demo_today import furnish_day
from portal.demo_work import furnish_work

PASSWORD = "sunny-larkspur-42"  # noqa: S105  printed at every start: the demo is no secret
LOGINS = (
    ("nora@larkspur.example", PASSWORD, "agency owner: inbox of all clients"),
    ("theo@larkspur.example", PASSWORD, "agency member"),
    ("rafael@delgado.example", PASSWORD, "client: Delgado Plumbing & Heating"),
    ("hannah@brightside.example", PASSWORD, "client: Brightside Dental"),
    ("admin@switchboard.example", PASSWORD, "superuser: /admin/"),
)
LOOKS = {
    "Brightside Dental": ("teal", "smile"),
    "Hartwell Law": ("violet", "scale"),
    "Delgado Plumbing & Heating": ("blue", "droplets"),
    "Summit Roofing": ("orange", "mountain"),
    "Evergreen Lawn": ("green", "leaf"),
}
DAYS = ("brightside-dental", "delgado-plumbing-heating")  # whose people have promised something
PACKAGES = (("Ignition", "ignition", 200, 490), ("Velocity", "velocity", 600, 1190))


def make_agency(accounts: list[dict[str, Any]]) -> bool:
    """Make the demo agency with one client per sandbox account; False when it is there already.

    Interrupted half-way it goes on where it stopped: a client is connected when it has no connection yet.
    """
    agency, made = _agency()
    for each in accounts:
        with agency_scope(agency.pk):
            client = _client(agency, each)
            _connect(client, each)
            connect_location(client, each)
    _people(agency)
    _leads(agency)
    _work(agency)
    return made


def _leads(agency: Agency) -> None:
    nora = User.objects.get(email="nora@larkspur.example")
    with agency_scope(agency.pk), transaction.atomic():
        clients = list(Client.unscoped.all())
    for client in clients:
        add_people(client, nora)


@transaction.atomic
def _agency() -> tuple[Agency, bool]:
    with platform_scope(PlatformUse.PROVISION):
        return Agency.objects.get_or_create(
            slug="larkspur",
            defaults={
                "name": "Larkspur",
                "timezone": "America/New_York",
                "branding": {"brand": "#4c5bd4", "glyph": "flower-2"},
                "settings": {"mfa": {"risk": False}},  # nobody's first look waits for a code
            },
        )


@transaction.atomic
def _client(agency: Agency, account: dict[str, Any]) -> Client:
    name = account["name"]
    hue, glyph = LOOKS.get(name, ("gray", ""))
    slug = "-".join(name.lower().replace("&", " ").split())
    client, made = Client.unscoped.get_or_create(
        agency=agency,
        slug=slug,
        defaults={
            "name": name,
            "timezone": account["timezone"],
            "status": Client.Status.ACTIVE,
            "industry": account.get("industry", Client.Industry.OTHER),
            "subtype": account.get("subtype", ""),
            "settings": {"hue": hue, "glyph": glyph},
        },
    )
    if made:
        number = account.get("tracking_number", "")
        ClientProfile.unscoped.create(agency=agency, client=client, call_tracking_main_number=number)
        ClassificationPolicy.unscoped.create(agency=agency, client=client)
        add_stages(client)
        _subscribe(client)
    return client


def _subscribe(client: Client) -> None:
    """This month's credits come with the next sweep."""
    name, tier, monthly, price = PACKAGES[1 if client.industry == Client.Industry.MEDICAL else 0]
    package, _ = ServicePackage.unscoped.get_or_create(
        agency_id=client.agency_id,
        name=name,
        defaults={"tier": tier, "monthly_credits": monthly, "price": price},
    )
    begun = start_of(month_of(timezone.now(), client.timezone), client.timezone)
    Subscription.unscoped.create(
        agency_id=client.agency_id, client=client, package=package, credits_reset_at=begun,
        status=Subscription.Status.ACTIVE,
    )  # fmt: skip


def _connect(client: Client, account: dict[str, Any]) -> None:
    with transaction.atomic():
        if CTMAccount.unscoped.filter(client=client).exists():
            return
    keys = CTMKeys(account["access_key"], account["secret_key"], str(account["id"]))
    try:
        ctm_connect.connect(
            client=client, keys=keys, signing_secret=account["signing_secret"], now=timezone.now()
        )
    except ProviderError as error:
        raise RuntimeError(f"The sandbox refused the demo keys of {client.name}: {error}") from error


@transaction.atomic
def _people(agency: Agency) -> None:
    now = timezone.now()
    nora = _person("nora@larkspur.example", "Nora", "Whitfield")
    theo = _person("theo@larkspur.example", "Theo", "Ramirez")
    _person("admin@switchboard.example", "Sam", "Okafor", is_superuser=True)
    with agency_scope(agency.pk):
        seats: list[tuple[User, Role, Client | None]] = [
            (nora, Role.AGENCY_OWNER, None),
            (theo, Role.AGENCY_MEMBER, None),
        ]
        for email, first, last, slug in (
            ("rafael@delgado.example", "Rafael", "Delgado", "delgado-plumbing-heating"),
            ("hannah@brightside.example", "Hannah", "Lindqvist", "brightside-dental"),
        ):
            seats.append((_person(email, first, last), Role.CLIENT_OWNER, Client.unscoped.get(slug=slug)))
        for user, role, client in seats:
            Membership.unscoped.get_or_create(
                agency=agency, user=user, client=client, role=role, defaults={"accepted_at": now}
            )
        for client in Client.unscoped.all():
            if furnish_work(client, theo, now) and client.slug in DAYS:
                furnish_day(client, [nora, *(user for user, _, at in seats if at == client)], now)
            ClientAssignment.unscoped.get_or_create(
                agency=agency, client=client, user=theo, kind=ClientAssignment.Kind.ACCOUNT_MANAGER
            )
        add_lists(agency, nora, {client: user for user, _, client in seats if client})


def _work(agency: Agency) -> None:
    with transaction.atomic(), agency_scope(agency.pk):
        dental = Client.unscoped.filter(slug="brightside-dental").first()
    theo = User.objects.get(email="theo@larkspur.example")
    if dental:
        make_campaign(dental, theo)
    with transaction.atomic(), agency_scope(agency.pk):
        add_scores(agency, User.objects.get(email="nora@larkspur.example"))


def _person(email: str, first: str, last: str, **fields: Any) -> User:
    return User.objects.by_address(email) or User.objects.create_user(
        email, PASSWORD, first_name=first, last_name=last, **fields
    )
