"""A worker that dies without a word, ten times, in the middle of its work."""

import os
import random
import signal
import subprocess
import sys
import time
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from crm.models import Call, CTMAccount, CTMSyncRun, Lead
from crm.services import workbench
from crm.services.sync_schedule import sync_soon
from crm.tasks import sync_account
from crm.tests.conftest import Desk
from crm.tests.test_sync import assert_rows_equal_truth

KILLS = 10
LEASE_S = 1
CALLS = 1500  # fifteen pages and more
WORKER = ["-m", "celery", "-A", "portal", "worker", "--pool", "solo", "--loglevel", "ERROR", "--without-gossip",
          "--without-mingle", "--without-heartbeat"]  # fmt: skip


def start_worker(desk: Desk) -> subprocess.Popen[bytes]:
    env = {
        **os.environ,
        "CTM_BASE_URL": settings.CTM_BASE_URL,
        "CTM_SYNC_LEASE_S": str(LEASE_S),
        "LOG_LEVEL": "ERROR",
    }
    return subprocess.Popen(
        [sys.executable, *WORKER], cwd=settings.BASE_DIR, env=env, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def pages(desk: Desk) -> int:
    with desk.inside():
        return sum(CTMSyncRun.unscoped.filter(account=desk.house.account).values_list("pages", flat=True))


def wait_until(desk: Desk, true: Any, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "the worker does not get on"
        time.sleep(0.02)


def ask(desk: Desk) -> None:
    """Make the account due, and ring."""
    with desk.inside():
        sync_soon(account=desk.account, now=timezone.now())
    sync_account.delay(account_id=str(desk.house.account.pk), agency_id=str(desk.cast.larkspur.pk))


def free(desk: Desk) -> bool:
    lease = desk.account.lease_until
    return lease is None or lease <= timezone.now()


def rate_some(desk: Desk, rated: dict[str, int], stars: random.Random) -> None:
    """People go on working: two calls that are here already get stars."""
    fresh = [call for call in desk.calls() if call.external_id not in rated]
    for call in stars.sample(fresh, min(2, len(fresh))):
        rated[call.external_id] = stars.randint(1, 5)
        with desk.inside():
            workbench.rate_call(
                actor=desk.cast.actor("nora"),
                call_id=call.pk,
                stars=rated[call.external_id],
                now=timezone.now(),
            )


@pytest.mark.slow
def test_sync_is_whole_after_ten_kills(real_desk: Desk) -> None:
    desk, dice, rated = real_desk, random.Random(7), dict[str, int]()
    desk.vendor.many(CALLS, late=False)
    killed_in_a_sync = 0
    for _ in range(KILLS):
        wait_until(desk, lambda: free(desk), LEASE_S + 5)  # no lease outlives its time
        before = pages(desk)
        ask(desk)
        worker = start_worker(desk)
        try:
            wait_until(desk, lambda before=before: pages(desk) > before)
            time.sleep(dice.random() * 0.4)
        finally:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()
        killed_in_a_sync += desk.account.lease_until is not None
        rate_some(desk, rated, dice)

    wait_until(desk, lambda: free(desk), LEASE_S + 5)
    assert desk.sync().status == "done"

    assert killed_in_a_sync >= KILLS // 2
    assert_rows_equal_truth(desk)
    assert {
        external_id: (desk.call(external_id).rating, desk.call(external_id).rating_by)
        for external_id in rated
    } == {external_id: (stars, "human") for external_id, stars in rated.items()}
    with desk.inside():
        numbers = list(
            Lead.unscoped.filter(client=desk.house.client).exclude(phone_e164="").values_list("phone_e164")
        )
        assert len(numbers) == len(set(numbers))
        assert not Call.unscoped.filter(client=desk.house.client, lead=None).exclude(from_e164="").exists()
        assert not CTMSyncRun.unscoped.filter(account=desk.house.account, status="running").exists()
        assert CTMAccount.unscoped.get(pk=desk.house.account.pk).lease_until is None
