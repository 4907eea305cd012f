"""The plugin, used by itself: which role a test has, and what a test that commits leaves."""

import os
import threading

import pytest
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import ProgrammingError, connection
from redis import Redis

pytestmark = pytest.mark.django_db


def test_tests_run_as_the_runtime_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        )
        row = cursor.fetchone()

    assert row == ("portal_app", False, False)


def test_tests_may_not_truncate() -> None:
    with connection.cursor() as cursor, pytest.raises(ProgrammingError, match="permission denied"):
        cursor.execute("TRUNCATE django_content_type CASCADE")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_rows_of_a_test_that_commits_are_cleared(turn: int) -> None:
    assert ContentType.objects.filter(app_label="left").count() == 0

    def commit() -> None:
        ContentType.objects.create(app_label="left", model="behind")
        connection.close()

    writer = threading.Thread(target=commit)
    writer.start()
    writer.join()

    assert ContentType.objects.filter(app_label="left").count() == 1


@pytest.mark.parametrize("turn", [1, 2])
def test_queue_of_one_test_is_empty_for_the_next(turn: int) -> None:
    with Redis.from_url(settings.REDIS_URL) as queue:
        assert queue.dbsize() == 0
        queue.set("left", "behind")


def test_programs_that_a_test_starts_share_its_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        (name,) = cursor.fetchone()

    assert f"/{name}?" in os.environ["DATABASE_URL"]
    assert f"/{name}?" in os.environ["DATABASE_OWNER_URL"]
