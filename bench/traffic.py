"""Two years of invented calls, the same every time: who called which client, when, and what came of it."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from crm.classification.categories import LABELS

FIRST = """
Adele Bruno Carmen Dario Edith Felix Greta Henrik Imani Jonas Keiko Leandro Mabel Nikhil Odette Pablo
Quentin Rosalind Stefan Thandi Ulrich Valeria Wendell Ximena Yusuf Zelda Amara Bastien Clementine Dimitri
Estelle Florian Gwendolyn Hassan Isolde Jasper Katya Lorenzo Marguerite Nadia Oskar Petronella Rafe Sabine
Tobias Ursula Viktor Wilma Xavier Yara Zoltan Agnes Boris Celeste Desmond Elodie Fabian Giulia Horatio Ines
Joaquin Kirsten Lucian Maren Noor Orlando Priscilla Renata Sergio Tamsin Umberto Vera Willem Yvette Zachary
Beatrix Cormac Delphine Emeka Freya
""".split()  # noqa: SIM905  easier to read than quotes round every word
LAST = """
Abernathy Bellweather Castellano Dunmore Eastgate Farquhar Goldsworth Hollis Ingersoll Jankowski Kessler
Lindqvist Marchetti Northcott Okafor Pemberton Quigley Rasmussen Stavros Thornbury Underhill Vasquez
Whitlock Yamada Zielinski Ashdown Blackwood Carmichael Delacroix Ellsworth Fairbanks Grimaldi Hathaway Iyer
Jorgensen Kowalczyk Lockhart Moreau Nakagawa Oyelaran Prescott Quintero Rutherford Sandoval Tillman Ulloa
Vandermeer Winslow Yilmaz Zambrano Applegate Brightwater Coldwell Drummond Everhart Featherstone Gallagher
Huxtable Ironside Jessup Kingsley Longfellow Merriweather Nightingale Oakley Pennington Radcliffe
Silverstone Tennyson Upton Vickers Wainwright Yardley Ziegler O’Malley D’Arcy
""".split()  # noqa: SIM905  easier to read than quotes round every word
BUSINESS = (
    [
        "Dental",
        "Plumbing",
        "Roofing",
        "Law",
        "Landscaping",
        "Optics",
        "Physiotherapy",
        "Motors",
        "Bakery",
        "Interiors",
    ],
    ["Harbor", "Summit", "Willow", "Granite", "Juniper"],
)
SUMMARIES = (
    "Asked for a quote and wants to be called back on Thursday.",
    "New patient, asked about opening hours and insurance.",
    "Left a voicemail: please ring back after five.",
    "Wanted the billing department; transferred.",
    "Sales call from a directory, not interested.",
    "",
)
CATEGORIES = [key for key in LABELS if key != "converted"]  # which only a person may say
STATUSES = ("new", "contacted", "replied", "converted", "disqualified")
SHARES = (9, 6, 12, 18, 22, 8, 7, 9, 2, 7)  # of CATEGORIES, in per cent
END = datetime(2026, 10, 31, tzinfo=UTC)
DAYS = 730
SMALL_AGENCY = 2  # the last so many clients belong to it


@dataclass(frozen=True, slots=True)
class Lead:
    number: int  # from 0
    client: int  # from 0
    first: str
    last: str  # both empty where only the number is known
    phone: str  # E.164
    last_call_at: datetime | None

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}".strip()

    @property
    def email(self) -> str:
        """Of nine in ten of those whose name is known."""
        if not self.first or self.number % 10 == 0:
            return ""
        return f"{self.first}.{self.last}{self.number}@mail.test".lower().replace("’", "")

    @property
    def company(self) -> str:
        """Of every third."""
        if self.number % 3:
            return ""
        return f"{LAST[self.number // 3 % len(LAST)]} & {LAST[self.number // 240 % len(LAST)]}"

    @property
    def status(self) -> int:
        """Of STATUSES: most are new."""
        return max(0, self.number % 10 - 5)


@dataclass(frozen=True, slots=True)
class Call:
    number: int  # from 0, oldest first
    lead: int
    started_at: datetime
    category: int  # of CATEGORIES
    rating: int | None
    seconds: int
    inbound: bool
    answered: bool
    sequence: int  # nth of its lead
    summary: str
    fresh: bool  # of the last days, not read yet


class Traffic:
    """``calls`` calls of a quarter as many leads over ``clients`` clients, busy ones first."""

    def __init__(self, calls: int, clients: int = 50 + SMALL_AGENCY) -> None:
        self.count = calls
        self.clients = clients
        self._leads = -(-calls // 4)
        draw = random.Random(20_261_121)
        weights = list(accumulate(1 / (rank + 1) ** 0.7 for rank in range(clients - SMALL_AGENCY)))
        self._client = draw.choices(range(clients - SMALL_AGENCY), cum_weights=weights, k=self._leads)
        for number in range(self._leads // 100):  # one in a hundred calls the small agency's clients
            self._client[number * 100] = clients - 1 - number % SMALL_AGENCY
        self._last_call: dict[int, datetime] = {}

    @property
    def client_names(self) -> list[str]:
        trades, places = BUSINESS
        return [f"{places[n // 10 % 5]} {trades[n % 10]}" + " Two" * (n // 50) for n in range(self.clients)]

    def slug_of(self, client: int) -> str:
        return self.client_names[client].lower().replace(" ", "-")

    def client_of(self, lead: int) -> int:
        return self._client[lead]

    def calls(self) -> Iterator[Call]:
        """Every call, oldest first."""
        draw = random.Random(7)
        shares = list(accumulate(SHARES))
        seen = [0] * self._leads
        number = 0
        for day in range(DAYS):
            midnight = END - timedelta(days=DAYS - day)
            today = self.count * (day + 1) // DAYS - self.count * day // DAYS
            for second in sorted(_office_second(draw) for _ in range(today)):
                # Every fourth call is somebody's first.
                lead = number // 4 if number % 4 == 0 else int(draw.random() * (number // 4 + 1))
                seen[lead] += 1
                started_at = midnight + timedelta(seconds=second)
                self._last_call[lead] = started_at
                category = draw.choices(range(len(CATEGORIES)), cum_weights=shares)[0]
                yield Call(
                    number=number,
                    lead=lead,
                    started_at=started_at,
                    category=category,
                    rating=1 + int(draw.random() * 5) if draw.random() < 0.6 else None,
                    seconds=int(3 + draw.random() ** 3 * 900),
                    inbound=draw.random() < 0.85,
                    answered=draw.random() < 0.8,
                    sequence=seen[lead],
                    summary=SUMMARIES[int(draw.random() * len(SUMMARIES))],
                    fresh=day >= DAYS - 4,
                )
                number += 1

    def leads(self) -> Iterator[Lead]:
        """Every lead. Those of ``calls`` know their last call once that is exhausted."""
        draw = random.Random(11)
        for number in range(self._leads):
            known = draw.random() < 0.9
            first, last = draw.choice(FIRST), draw.choice(LAST)
            yield Lead(
                number,
                self._client[number],
                first if known else "",
                last if known else "",
                f"+1{212 + number % 700}{2_000_000 + number * 7919 % 8_000_000:07d}",
                self._last_call.get(number),
            )


def _office_second(draw: random.Random) -> int:
    """A second of the day between 8 and 18, most around noon."""
    return int((8 + 5 * (draw.random() + draw.random())) * 3600)
