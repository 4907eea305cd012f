"""What went wrong between us and CTM, said so that the person who can mend it knows what to do."""

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


WORDS = {
    "unauthorised": "CallTrackingMetrics does not accept these keys. Create a new key pair there and enter it here.",
    "forbidden": "These keys work, but may not read this account. Choose another account, or let the keys see it.",
    "not_found": "CallTrackingMetrics does not know this account number. Check the number.",
    "no_accounts": "These keys are valid but see no account at all. Give them access to the account, then try again.",
    "wrong_account": "These keys don't see this account. They see: {accounts}.",
    "rate_limited": "CallTrackingMetrics asked us to slow down. The sync goes on by itself in a moment.",
    "unavailable": "CallTrackingMetrics is not answering. We keep trying; nothing is lost.",
    "unreadable": "CallTrackingMetrics sent an answer we can't read, such as a web page. We keep trying.",
    "rejected": "CallTrackingMetrics refused the request: {told}",
    "cut_short": "CallTrackingMetrics sent fewer calls than it announced. We read those days again until all are here.",
    "repeated_page": "CallTrackingMetrics kept sending the same page. We start over in a moment; nothing is lost.",
    "foreign_host": "The next page lay on a server that is not CallTrackingMetrics. We did not go there.",
    "unexpected": "Something went wrong on our side while reading the calls. We keep trying; nothing is lost.",
    "undecryptable": "The stored keys can't be opened any more. Enter them again.",
}
FOR_A_PERSON = {"unauthorised", "forbidden", "not_found", "no_accounts", "wrong_account", "undecryptable"}
LONGEST_PAUSE_S = 3600  # whatever a Retry-After asks for
START_OVER = {"rejected", "not_found", "repeated_page", "foreign_host", "cut_short"}


def in_words(error: ProviderError | Undecryptable) -> Problem:
    if isinstance(error, Undecryptable):
        return Problem("undecryptable", WORDS["undecryptable"], passes=False)
    words = WORDS.get(error.kind, "Something went wrong with CallTrackingMetrics: {told}")
    return Problem(
        error.kind,
        words.replace("{told}", str(error)),
        passes=error.kind not in FOR_A_PERSON,
        start_over=error.kind in START_OVER,
        retry_after_s=min(error.retry_after_s, LONGEST_PAUSE_S) if error.retry_after_s else None,
    )
