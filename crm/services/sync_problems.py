"""What went wrong between us and a provider of calls, said so that the person who can mend it knows what to do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lib.encryption import Undecryptable
from lib.http import ProviderError


@dataclass(frozen=True, slots=True)
class Problem:
    kind: str
    words: str
    passes: bool  # it may go away by itself; otherwise a person has to act
    start_over: bool = False  # the page address we hold is of no more use
    retry_after_s: float | None = None


InWords = Callable[[ProviderError | Undecryptable], Problem]
FOR_A_PERSON = {"unauthorised", "forbidden", "not_found", "no_accounts", "wrong_account", "undecryptable"}
LONGEST_PAUSE_S = 3600  # whatever a Retry-After asks for
START_OVER = {"rejected", "not_found", "repeated_page", "foreign_host", "cut_short"}


def words_of(vendor: str) -> dict[str, str]:
    """What is the same for every provider, by kind of problem. ``{told}`` is what the provider said itself."""
    return {
        "rate_limited": f"{vendor} asked us to slow down. The sync goes on by itself in a moment.",
        "unavailable": f"{vendor} is not answering. We keep trying; nothing is lost.",
        "unreadable": f"{vendor} sent an answer we can't read, such as a web page. We keep trying.",
        "rejected": vendor + " refused the request: {told}",
        "cut_short": f"{vendor} sent fewer calls than it announced. We read those days again until all are here.",
        "repeated_page": f"{vendor} kept sending the same page. We start over in a moment; nothing is lost.",
        "foreign_host": f"The next page lay on a server that is not {vendor}. We did not go there.",
        "unexpected": "Something went wrong on our side while reading the calls. We keep trying; nothing is lost.",
        "undecryptable": "The stored keys can't be opened any more. Enter them again.",
        "": "Something went wrong with " + vendor + ": {told}",
    }


def speaker(words: Mapping[str, str]) -> InWords:
    """A provider's way of telling problems, by its ``words``."""

    def in_words(error: ProviderError | Undecryptable) -> Problem:
        if isinstance(error, Undecryptable):
            return Problem("undecryptable", words["undecryptable"], passes=False)
        said = words.get(error.kind, words[""])
        return Problem(
            error.kind,
            said.replace("{told}", str(error)),
            passes=error.kind not in FOR_A_PERSON,
            start_over=error.kind in START_OVER,
            retry_after_s=min(error.retry_after_s, LONGEST_PAUSE_S) if error.retry_after_s else None,
        )

    return in_words
