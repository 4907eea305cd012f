"""A list of people in a real browser: uploaded, matched, checked, imported before one's eyes, and taken back."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.scope import agency_scope
from conftest import Cast, make_cast
from crm.models import ImportJob
from crm.services import import_work

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PEOPLE = (
    "Full name;E-mail;Mobile;Town;Shoe size\r\n"
    "Zoë Abend;zoe@example.test;(512) 555-0148;Köln;38\r\n"
    "Ann Lee;ann@example.test;;Austin;\r\n"
    "Bob Ray;bob at example;;Dallas;44\r\n"
)


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    with transaction.atomic():
        return make_cast()


@pytest.fixture
def worker(cast: Cast) -> Iterator[None]:
    """Does what a Celery worker does when the sweep rings."""
    ended = threading.Event()

    def work() -> None:
        while not ended.wait(0.2):
            for job_id, agency_id in import_work.due_jobs(limit=5, now=timezone.now()):
                import_work.work_on(job_id=job_id, agency_id=agency_id)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    ended.set()
    thread.join()


def desk(browser: Browser, cast: Cast, live_server: LiveServer, *, javascript: bool = True) -> Page:
    context = browser.new_context(java_script_enabled=javascript)
    for key, morsel in cast.browser("nora").cookies.items():
        context.add_cookies([{"name": key, "value": morsel.value, "url": live_server.url}])
    return context.new_page()


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
def test_list_is_brought_in_and_taken_back(
    browser: Browser, cast: Cast, live_server: LiveServer, worker: None, tmp_path: Path, javascript: bool
) -> None:
    page = desk(browser, cast, live_server, javascript=javascript)
    file = tmp_path / "people.csv"
    file.write_bytes(PEOPLE.encode("cp1252"))

    def stands(words: str) -> None:
        for _ in range(60):
            if page.get_by_text(words).count() or javascript:
                break
            page.wait_for_timeout(300)
            page.reload()
        expect(page.get_by_text(words).first).to_be_visible(timeout=20_000)

    page.goto(f"{live_server.url}/imports/new/")
    page.get_by_label("Whose people are they?").select_option(label=cast.brightside.client.name)
    page.get_by_label("The list").set_input_files(file)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_label("Mobile")).to_have_value("phone")
    expect(page.get_by_label("Shoe size")).to_have_value("custom")
    page.get_by_role("button", name="Check the list").click()
    stands("This is what would happen with 3 rows")
    expect(page.get_by_text("“bob at example” is not an e-mail address.")).to_be_visible()
    page.get_by_role("button", name="Import 2 people").click()
    stands("Download the rows that were not imported")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the rows that were not imported").click()
    assert "bob at example" in Path(download.value.path()).read_text()
    page.get_by_text("Undo this import…").click()
    page.get_by_role("button", name="Undo the import").click()
    stands("2 taken back")
    page.context.close()


def test_bar_shows_how_far_an_import_has_come(browser: Browser, cast: Cast, live_server: LiveServer) -> None:
    """It moves while one looks, and goes when the import is done."""
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        job = ImportJob.unscoped.create(
            agency=cast.larkspur, client=cast.brightside.client, filename="people.csv", status="running", processed=20,
            mapping=["display_name"], shape={"headings": ["Name"], "sample": [["Lee"]], "expected": {"total": 80}},
            lease_until=timezone.now() + timedelta(hours=1),
        )  # fmt: skip
    page = desk(browser, cast, live_server)

    def stands(**facts: Any) -> None:
        with agency_scope(cast.larkspur.pk), transaction.atomic():
            ImportJob.unscoped.filter(pk=job.pk).update(**facts)

    page.goto(f"{live_server.url}/imports/{job.pk}/")
    bar = page.get_by_role("progressbar", name="Being imported")
    expect(bar).to_have_attribute("max", "80")
    expect(bar).to_have_attribute("value", "20")
    stands(processed=60)
    expect(bar).to_have_attribute("value", "60", timeout=20_000)
    stands(processed=80, created=80, status="done", finished_at=timezone.now())
    expect(bar).to_have_count(0, timeout=20_000)
    expect(page.get_by_text("Undo this import…")).to_be_visible()
    page.context.close()


def test_file_that_is_too_large_is_refused_before_it_travels(
    browser: Browser, cast: Cast, live_server: LiveServer, tmp_path: Path
) -> None:
    page = desk(browser, cast, live_server)
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(51 * 1024 * 1024)
    page.goto(f"{live_server.url}/imports/new/")
    page.get_by_label("The list").set_input_files(large)
    page.get_by_role("button", name="Upload").click()

    assert page.url.endswith("/imports/new/")
    words = page.get_by_label("The list").evaluate("field => field.validationMessage")
    assert words == "The file has 51 MB; up to 50 MB can be taken. Split it into parts."
    page.context.close()
