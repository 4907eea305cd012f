"""A worker that dies without a word, ten times, in the middle of its work."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from crm.models import Call, Lead
from crm.services import workbench
from crm.services.sync_schedule import sync_soon
from crm.services.trackers import TRACKERS
from crm.tasks import sync_account
from crm.tests import ghl, test_sync
from crm.tests.conftest import Desk

KILLS = 10
LEASE_S = 1
WORKER = ["-m", "celery", "-A", "portal", "worker", "--pool", "solo", "--loglevel", "ERROR", "--without-gossip",
          "--without-mingle", "--without-heartbeat"]  # fmt: skip


@dataclass
class Post:
    """A connection that is worked by a worker in its own process, and by people."""

    side: Desk | ghl.Counter
    source: str
    assert_rows_equal_truth: Callable[[Any], None]

    def runs(self) -> Any:
        """To be asked inside."""
        return TRACKERS[self.source].runs.unscoped.filter(client=self.side.house.client)

    def start_worker(self) -> subprocess.Popen[bytes]:
        env = {
            **os.environ,
            "CTM_BASE_URL": settings.CTM_BASE_URL,
            "GHL_BASE_URL": settings.GHL_BASE_URL,
            "CTM_SYNC_LEASE_S": str(LEASE_S),
            "GHL_SYNC_LEASE_S": str(LEASE_S),
            "LOG_LEVEL": "ERROR",
        }
        return subprocess.Popen(
            [sys.executable, *WORKER], cwd=settings.BASE_DIR, env=env, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def pages(self) -> int:
        with self.side.inside():
            return sum(self.runs().values_list("pages", flat=True))

    def has_read_on(self, pages: int) -> bool:
        return self.pages() > pages

    def ask(self) -> None:
        """Make the account due, and ring."""
        account = self.side.account
        with self.side.inside():
            sync_soon(account=account, now=timezone.now())
        sync_account.delay(
            account_id=str(account.pk), agency_id=str(self.side.cast.larkspur.pk), source=self.source
        )

    def is_free(self) -> bool:
        lease = self.side.account.lease_until
        return lease is None or lease <= timezone.now()

    def rate_some(self, rated: dict[str, int], stars: random.Random) -> None:
        """People go on working: two calls that are here already get stars."""
        fresh = [call for call in self.side.calls() if call.external_id not in rated]
        for call in stars.sample(fresh, min(2, len(fresh))):
            rated[call.external_id] = stars.randint(1, 5)
            with self.side.inside():
                workbench.rate_call(
                    actor=self.side.cast.actor("nora"),
                    call_id=call.pk,
                    stars=rated[call.external_id],
                    now=timezone.now(),
                )


def wait_until(true: Callable[[], bool], seconds: float = 180) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "the worker does not get on"
        time.sleep(0.02)


@pytest.fixture
def tracked(real_desk: Desk) -> Post:
    real_desk.vendor.many(1500, late=False)  # fifteen pages and more
    return Post(real_desk, "ctm", test_sync.assert_rows_equal_truth)


@pytest.fixture
def counted(real_counter: ghl.Counter) -> Post:
    real_counter.vendor.limit(most=1_000_000)
    real_counter.vendor.many(1200)
    return Post(real_counter, "ghl", ghl.assert_rows_equal_truth)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("which", ["tracked", "counted"])
def test_sync_is_whole_after_ten_kills(which: str, request: pytest.FixtureRequest) -> None:
    post: Post = request.getfixturevalue(which)
    side, dice, rated = post.side, random.Random(7), dict[str, int]()
    killed_in_a_sync = 0
    for _ in range(KILLS):
        wait_until(post.is_free, LEASE_S + 5)  # no lease outlives its time
        before = post.pages()
        post.ask()
        worker = post.start_worker()
        try:
            wait_until(partial(post.has_read_on, before))
            time.sleep(dice.random() * 0.4)
        finally:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()
        killed_in_a_sync += side.account.lease_until is not None
        post.rate_some(rated, dice)

    wait_until(post.is_free, LEASE_S + 5)
    assert side.sync().status == "done"

    assert killed_in_a_sync >= KILLS // 2
    post.assert_rows_equal_truth(side)
    assert {
        external_id: (side.call(external_id).rating, side.call(external_id).rating_by)
        for external_id in rated
    } == {external_id: (stars, "human") for external_id, stars in rated.items()}
    with side.inside():
        people = Lead.unscoped.filter(client=side.house.client)
        numbers = list(people.exclude(phone_e164="").values_list("phone_e164"))
        assert len(numbers) == len(set(numbers))
        assert not Call.unscoped.filter(client=side.house.client, lead=None).exclude(from_e164="").exists()
        assert not post.runs().filter(status="running").exists()
    assert side.account.lease_until is None
