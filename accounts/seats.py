"""The places somebody may act from, as they choose among them."""

from dataclasses import dataclass

from django.http import HttpRequest

from accounts.principal import Principal
from accounts.tenancy import Actor

IN_MENU = 8  # more than that are chosen on a page of their own, which can be searched


@dataclass(frozen=True, slots=True)
class Seat:
    """``house`` names the agency where a name alone would not say which of several it is."""

    key: str
    name: str
    house: str
    is_present: bool

    def answers_to(self, q: str) -> bool:
        return all(word in f"{self.name} {self.house}".casefold() for word in q.casefold().split())


def seats_of(request: HttpRequest) -> list[Seat]:
    """All of the person's seats, agency side before client side; one seat is no choice and none while acting."""
    principal: Principal | None = request.principal  # type: ignore[attr-defined]
    actor: Actor | None = request.actor  # type: ignore[attr-defined]
    if principal is None or actor is None or actor.acting or len(principal.seats) < 2:
        return []
    several = len({seat.agency_id for seat in principal.seats.values()}) > 1

    def house(seat: Actor) -> str:
        return principal.agencies[seat.agency_id].name if several and not seat.is_staff else ""

    return [
        Seat(key, principal.seat_names[key], house(seat), seat == actor)
        for key, seat in principal.seats.items()
    ]
