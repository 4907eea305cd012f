"""The locations of GoHighLevel and what was said there. One location for each account of the demonstration."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sandbox.accounts import Account
from sandbox.exchange import Record
from sandbox.people import Person

CALL, SMS, EMAIL, VOICEMAIL = "TYPE_CALL", "TYPE_SMS", "TYPE_EMAIL", "TYPE_VOICEMAIL"
NUMBERS = {CALL: 1, SMS: 2, EMAIL: 3, VOICEMAIL: 10}


@dataclass
class Message:
    """``record`` overrides what the vendor would say. Moments are seconds since 1970; None means never."""

    id: str
    kind: str
    direction: str
    contact_id: str
    added_at: float
    ended_at: float
    duration_s: int = 0
    status: str = "completed"
    body: str = ""
    sentences: list[Record] = field(default_factory=list)  # {speaker, start, end, text}, in seconds
    audio_at: float | None = None
    transcript_at: float | None = None
    record: Record = field(default_factory=dict)

    @property
    def is_call(self) -> bool:
        return self.kind in (CALL, VOICEMAIL)

    def has_audio(self, now: float) -> bool:
        return self.audio_at is not None and now >= self.audio_at

    def has_transcript(self, now: float) -> bool:
        return self.transcript_at is not None and now >= self.transcript_at

    def updated_at(self, now: float) -> float:
        """The status of a call changes once more, when it ends; a recording changes nothing of the message."""
        return self.ended_at if self.is_call and now >= self.ended_at else self.added_at

    def seen(self, location_id: str, now: float) -> Record:
        """The vendor's object of a list as it stands at ``now``."""
        view: Record = {
            "id": self.id,
            "type": NUMBERS[self.kind],
            "messageType": self.kind,
            "locationId": location_id,
            "contactId": self.contact_id,
            "conversationId": f"cnv{self.contact_id[3:]}",
            "dateAdded": iso(self.added_at),
            "direction": self.direction,
            "status": "delivered",
            "contentType": "text/plain",
            "attachments": [],
            "source": "app",
        }
        if self.is_call:
            over = now >= self.ended_at
            view["status"] = self.status if over else "pending"
            view["meta"] = {
                "callDuration": str(self.duration_s) if over else None,
                "callStatus": self.status if over else "pending",
            }
        else:
            view["body"] = self.body
        return {**view, **self.record}


@dataclass
class Location:
    id: str
    token: str
    account: Account
    messages: dict[str, Message] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)  # by the id of the contact

    def add(self, message: Message, person: Person) -> None:
        self.people[message.contact_id] = person
        self.messages[message.id] = message

    def as_record(self) -> Record:
        account = self.account
        return {
            "id": self.id,
            "name": account.name,
            "city": account.city,
            "state": account.state,
            "timezone": account.zone,
            "website": account.website,
        }

    def contact(self, contact_id: str) -> Record | None:
        person = self.people.get(contact_id)
        if person is None:
            return None
        return {
            "id": contact_id,
            "locationId": self.id,
            "firstName": person.first.lower(),
            "lastName": person.last.lower(),
            "contactName": person.name,
            "email": person.email,
            "phone": person.number,
            "city": person.city,
            "state": self.account.state,
            "source": "Website chat",
            "tags": [],
        }


def location_of(account: Account, seed: int) -> Location:
    """Derived rather than drawn, so that a restarted simulator accepts the token stored elsewhere."""
    return Location(
        derived(f"location:{account.id}:{seed}", 20),
        f"pit-{derived(f'token:{account.id}:{seed}', 36)}",
        account,
    )


def derived(name: str, length: int) -> str:
    return hashlib.sha256(f"sandbox ghl {name}".encode()).hexdigest()[:length]


def iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
