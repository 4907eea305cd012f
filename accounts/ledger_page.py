"""The ledger of credits as people read it: newest first, paged by the number of the movement."""

from accounts.models import Client, CreditTransaction

PAGE = 50


def page(client: Client, before: str) -> tuple[list[CreditTransaction], str]:
    """Return one page and the place where the next begins, "" on the last. ``before`` is such a place, or anything."""
    rows = CreditTransaction.objects.for_client(client).select_related("actor").order_by("-seq")
    if before.isascii() and before.isdigit() and len(before) < 10:
        rows = rows.filter(seq__lt=int(before))
    found: list[CreditTransaction] = list(rows[: PAGE + 1])
    more = len(found) > PAGE
    return found[:PAGE], str(found[PAGE - 1].seq) if more else ""
