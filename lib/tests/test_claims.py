from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from lib.claims import backoff_s, claim


def rows() -> "list[str]":
    return list(ContentType.objects.order_by("-pk").values_list("model", flat=True))


@pytest.mark.django_db(transaction=True)
def test_claim_outside_a_transaction_is_refused() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        claim(ContentType.objects.order_by("pk"), 1)


@pytest.mark.django_db(transaction=True)
def test_claim_keeps_the_order_and_passes_over_what_others_hold() -> None:
    expected = rows()
    newest_first = ContentType.objects.order_by("-pk")

    def elsewhere() -> list[str]:
        try:
            with transaction.atomic():
                return [each.model for each in claim(newest_first, 3)]
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            mine = [each.model for each in claim(newest_first, 2)]
            theirs = pool.submit(elsewhere).result(timeout=20)
        after = pool.submit(elsewhere).result(timeout=20)

    assert (mine, theirs, after) == (expected[:2], expected[2:5], expected[:3])


@pytest.mark.django_db
def test_claim_locks_nothing_but_the_rows_themselves() -> None:
    joined = Permission.objects.select_related("content_type").order_by("pk")

    with CaptureQueriesContext(connection) as asked:
        claim(joined, 1)

    assert asked[-1]["sql"].endswith('LIMIT 1 FOR UPDATE OF "auth_permission" SKIP LOCKED')


def test_backoff_doubles_up_to_the_cap() -> None:
    waits = [backoff_s(attempt, base=5, cap=60, draw=lambda: 0.0) for attempt in range(7)]

    assert waits == [5, 5, 10, 20, 40, 60, 60]
    assert backoff_s(10_000, draw=lambda: 0.0) == 3600


def test_backoff_takes_off_no_more_than_the_jitter() -> None:
    assert backoff_s(3, jitter=0.2, draw=lambda: 1.0) == 16
    assert all(16 <= backoff_s(3) <= 20 for _ in range(200))
