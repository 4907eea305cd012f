"""The permission table: what each role may do. Views, templates, admin and tests all ask here, and nowhere else.

A cell is a level: A administers (deletion and settings included), W creates and edits, O does so with what is their own
or assigned to them, R reads, ``a`` only while acting as the client, ``-`` is nothing. Columns: the superuser, the nine
roles in the order of ``Role``, and the public by a signed link. Limits by row, such as "not over owners", are the
services' own and stand in ``NOTES``.
"""

from collections.abc import Iterable
from enum import IntEnum

from accounts.roles import Role

SUPERUSER, PUBLIC = "superuser", "public"
COLUMNS: tuple[str, ...] = (SUPERUSER, *Role, PUBLIC)


class Level(IntEnum):
    NONE = 0
    ACTING = 1  # nothing, unless acting as the client
    READ = 2
    OWN = 3
    WRITE = 4
    ADMINISTER = 5


LETTERS = {
    "-": Level.NONE,
    "a": Level.ACTING,
    "R": Level.READ,
    "O": Level.OWN,
    "W": Level.WRITE,
    "A": Level.ADMINISTER,
}

# capability: (in words, levels by column)
MATRIX: dict[str, tuple[str, str]] = {
    "platform.administer": ("Platform settings, all agencies, Django admin", "A - - - - - - - - - -"),
    "agency.profile": ("Agency profile, branding, domain, packages", "A A W R R R - - - - -"),
    "agency.ownership": ("Agency billing, delete agency, change owner", "A A - - - - - - - - -"),
    "agency.staff": ("Agency staff and their roles", "A A W - - - - - - - -"),
    "clients.manage": ("Create/archive clients, assign staff", "A A A - - - - - - - -"),
    "clients.profile": ("Client profile and contact block", "A A A W R R W W R R -"),
    "clients.subscription": ("Client subscription, credits", "A A W R - - R R - - -"),
    "clients.team": ("Client team and their roles", "A A A - - - A W - - -"),
    "clients.act_as": ("Act as client", "A A A O - - - - - - -"),
    "telephony.credentials": ("Telephony credentials: set / validate / see masked", "A A W - - - - - - - -"),
    "telephony.provision": ("Telephony provisioning, webhook secret rotation", "A A A - - - - - - - -"),
    "telephony.numbers": ("Phone numbers, voice agents", "A A A W R - R R R - -"),
    "calls.place": ("Place AI or BDR calls", "- W W W W - - - - - -"),
    "ctm.connect": ("CTM and other client credentials: set", "A A W - - - W W - - -"),
    "secrets.reveal": ("Reveal a secret (website login) – step-up MFA", "- A W O - - W - - - -"),
    "campaigns.edit": ("Campaigns: create, edit, status", "- A A W R - R R R R -"),
    "campaigns.autopilot": ("Permission mode autopilot", "- A A - - - W W - - -"),
    "leads.see": ("Contacts/leads: see", "- R R R O - R R R R -"),
    "leads.edit": ("Contacts/leads: edit, tag, note, stage", "- A A W O - A A W - -"),
    "leads.erase": ("Merge, delete, erase a person", "- A A - - - A A - - -"),
    "leads.import": ("Import / undo import", "- A A W - - A A - - -"),
    "leads.export": ("Export lists", "- A A W - - A A W - -"),
    "calls.log": ("Calls: log, disposition", "- W W W W - W W W - -"),
    "calls.listen": ("Recordings and transcripts: play/read", "- R R R O - R R R R -"),
    "calls.judge": ("Rating, category override, converted", "- W W W - - W W W - -"),
    "classification.policy": ("Classification prompt/policy; publish prompt", "- A A R - - R R - - -"),
    "classification.rerun": ("Reclassify leads", "- a a - - - - - - - -"),
    "ctm.sync": ("CTM sync now / back-fill / health", "A A A R - - R R R - -"),
    "pipeline.stages": ("Pipeline stages, tags, shared views", "- A A W - - A A W - -"),
    "journeys.edit": ("Journeys, steps, templates", "- W W W - - A A W R -"),
    "customers.edit": ("Customers, agreements, prices", "- R R R - - A A W R -"),
    "journeys.concerns": ("Symptoms/concerns before redaction", "- R R - - - R R R - -"),
    "redaction.policy": ("Redaction policy", "A A A - - - A - - - -"),
    "suppression.add": ("Suppression: add", "A W W W W - W W W - W"),
    "suppression.remove": ("Suppression: remove (not sticky)", "A A A - - - A A - - -"),
    "outreach.sequences": ("Sequences, templates, mailboxes", "- A A W R W R W R - -"),
    "outreach.approve": ("Approve co-pilot messages", "- W W W O W W W W - -"),
    "outreach.reply": ("Inbox: read / reply", "- W W W O - W W W R -"),
    "outreach.pool": ("Lead pool, allocation, patterns", "A A A R - - - - - - -"),
    "scheduling.own": ("Own availability, own internal links", "- W W W W W - - - - -"),
    "scheduling.client": ("Client availability, client booking links", "- A A W - - A A W - -"),
    "meetings.manage": ("Meetings: see, outcome, cancel, reschedule", "- W W W O - W W W R W"),
    "meetings.book": ("Book a slot", "- W W W W - W W W - W"),
    "onboarding.configure": ("Onboarding: configure, activate", "A A A W - - - - - - -"),
    "onboarding.fill": ("Onboarding: fill in", "- a a a - - W W O - W"),
    "documents.upload": ("Documents: upload, see", "- A A W R W W W W R -"),
    "documents.approve": ("Documents: approve", "- W W W - - W W - - -"),
    "documents.shared": ("Shared documents: manage / see", "- A A W R W R R R R -"),
    "brand.assets": ("Brand assets", "- A A W R W A W W R -"),
    "blog.write": ("Blog: write / publish / approve", "- A A W - W W W R R R"),
    "work.boards": ("Boards, items, time (internal)", "A A A W O O - - - - -"),
    "work.automations": ("Automations, global labels", "A A A - - - - - - - -"),
    "work.requests": ("Requests: submit / see own client's", "- A A W - R W W W R -"),
    "analytics.client": ("Analytics of a client", "R A R R O - R R R R -"),
    "analytics.agency": ("Analytics over all clients", "A A R - - - - - - - -"),
    "reviews.reply": ("Reviews: reply / request", "- A A W - W A W W R -"),
    "reviews.rules": ("Review rules, auto-send", "- A A - - - A A - - -"),
    "oauth.providers": ("OAuth providers (app level)", "A A - - - - - - - - -"),
    "oauth.connections": ("OAuth connections, resources", "- A A R - - A A R - -"),
    "webhooks.manage": ("Webhooks, API keys", "A A A - - - A A - - -"),
    "email.log": ("E-mail log", "A A A R - - R R - - -"),
    "audit.read": ("Audit log", "R R R - - - R R - - -"),
    "own.security": ("Own sessions, devices, MFA, preferences", "W W W W W W W W W W -"),
    "security.others": ("Force MFA / end others' sessions", "A A W - - - A W - - -"),
}

NOTES = {
    "agency.staff": "Admins not over owners.",
    "clients.team": "Client admins not over client owners.",
    "security.others": "Admins not over owners, client admins not over client owners.",
    "leads.see": "Business development reps: in campaigns assigned to them, unless given all records.",
    "leads.edit": "Business development reps: in campaigns assigned to them, unless given all records.",
    "leads.import": "Not for people who see their own records alone: a list is held against everybody's.",
    "calls.listen": "A client may switch this off for its viewers.",
    "journeys.concerns": "Agency: only with the client's consent, and always in the audit log.",
    "suppression.add": "The public by the link in a message.",
    "outreach.sequences": "Editors: wording only.",
    "meetings.manage": "The public: their own booking by its link, within notice.",
    "onboarding.fill": "The public by an onboarding link.",
    "blog.write": "The public: published posts.",
    "email.log": "Client people: their own client's rows only.",
    "audit.read": "Client people: their own client's rows only.",
}

# What cannot be done by who sees their own records alone: it would tell, or change, what others have.
OF_ALL_RECORDS = frozenset({"leads.import"})

# What agency people may reach while they act as a client, as far as its owner may. What is not named here stays shut:
# secrets, keys and connections, the team, everybody's own security, billing, the audit log, lists that leave the house,
# what cannot be undone, and what patients told in confidence.
WHILE_ACTING = frozenset(
    {
        "analytics.client",
        "blog.write",
        "brand.assets",
        "calls.judge",
        "calls.listen",
        "calls.log",
        "campaigns.edit",
        "classification.policy",
        "classification.rerun",
        "clients.profile",
        "ctm.sync",
        "customers.edit",
        "documents.approve",
        "documents.shared",
        "documents.upload",
        "journeys.edit",
        "leads.edit",
        "leads.see",
        "meetings.book",
        "meetings.manage",
        "onboarding.fill",
        "outreach.approve",
        "outreach.reply",
        "outreach.sequences",
        "pipeline.stages",
        "reviews.reply",
        "scheduling.client",
        "suppression.add",
        "telephony.numbers",
        "work.requests",
    }
)

_CELLS = {
    capability: dict(zip(COLUMNS, (LETTERS[letter] for letter in letters.split()), strict=True))
    for capability, (_, letters) in MATRIX.items()
}


def level(roles: Iterable[str], capability: str) -> Level:
    """The highest level that any of ``roles`` has. An unknown capability is a programming error."""
    cells = _CELLS[capability]
    return max((cells[role] for role in roles), default=Level.NONE)


def allowed(roles: Iterable[str], capability: str, at_least: Level = Level.READ) -> bool:
    return level(roles, capability) >= at_least


def level_while_acting(staff_roles: Iterable[str], capability: str, *, raised: bool) -> Level:
    """What somebody of the agency may do in a client's seat: as its owner may, within ``WHILE_ACTING``.

    What their own roles may do only while acting comes on top. Unless ``raised`` it is all to look at.
    """
    if capability not in WHILE_ACTING:
        return Level.NONE
    held = level((Role.CLIENT_OWNER,), capability)
    if level(staff_roles, capability) == Level.ACTING:
        held = max(held, Level.WRITE)
    return held if raised else min(held, Level.READ)
