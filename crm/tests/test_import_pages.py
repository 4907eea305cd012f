"""The pages of imports: row by row, and page by page."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse

from accounts.scope import agency_scope
from conftest import NOON, Cast
from crm.import_report import told_rows
from crm.models import FormSubmission, ImportJob
from crm.tests.test_import_jobs import ANN, Desk, text_of


@pytest.fixture
def desk(cast: Cast) -> Desk:
    return Desk(cast)


def test_page_says_of_each_row_what_became_of_it_and_why(cast: Cast, desk: Desk) -> None:
    job = desk.run(text_of(ANN, ["Bob", "", "bob at example", "", "", "", ""]))
    ann = desk.find(email="ann@example.test")
    address = reverse("crm:import_rows", args=[job.pk])
    whole = cast.browser("nora").get(address).content.decode()
    bad = cast.browser("nora").get(address + "?show=failed").content.decode()

    assert f'href="{reverse("crm:lead", args=[ann.pk])}">Ann · Lee · ann@example.test</a>' in whole
    assert "“bob at example” is not an e-mail address." in whole
    assert "ann@example.test" not in bad
    assert "“bob at example” is not an e-mail address." in bad
    desk.undo(job)
    undone = cast.browser("nora").get(address + "?show=undo-reversed").content.decode()
    assert "Taken back" in undone
    assert reverse("crm:lead", args=[ann.pk]) not in undone
    assert (
        "Nothing of this list came to that."
        in cast.browser("nora").get(address + "?show=undo-kept").content.decode()
    )


def test_rows_are_paged_by_their_line(cast: Cast, desk: Desk) -> None:
    job = desk.run(text_of(*([f"P{n}", "", f"p{n}@example.test", "", "", "", ""] for n in range(120))))
    seen, after = [], ""
    with agency_scope(desk.agency_id), transaction.atomic():
        while True:
            page, line = told_rows(desk.actor, job, "created", after)
            seen.append([told.row.line for told in page])
            if line is None:
                break
            after = str(line)
        odd = told_rows(desk.actor, job, "nonsense", "²")

    assert seen == [list(range(2, 52)), list(range(52, 102)), list(range(102, 122))]
    assert (len(odd[0]), odd[1]) == (50, 51)


def older(page: str) -> str:
    found = re.search(r'href="(\?before=[^"]+)"', page)
    assert found
    return unescape(found[1])


def test_link_to_older_imports_leads_to_them(cast: Cast) -> None:
    own: dict[str, Any] = {"agency": cast.larkspur, "client": cast.brightside.client, "shape": {}}
    with agency_scope(cast.larkspur.pk):
        for n in range(60):
            job = ImportJob.unscoped.create(**own, filename=f"list-{n:02}.csv", mapping=[])
            ImportJob.unscoped.filter(pk=job.pk).update(created_at=NOON - timedelta(hours=n))
    browser, seen = cast.browser("nora"), list[str]()
    page = browser.get(reverse("crm:imports")).content.decode()
    seen += re.findall(r"list-\d\d\.csv", page)
    page = browser.get(reverse("crm:imports") + older(page)).content.decode()
    seen += re.findall(r"list-\d\d\.csv", page)

    assert seen == [f"list-{n:02}.csv" for n in range(60)]


def test_link_to_older_submissions_of_a_form_leads_to_them(cast: Cast) -> None:
    house = cast.brightside
    own: dict[str, Any] = {"agency": cast.larkspur, "client": house.client, "form": house.work.form}
    with agency_scope(cast.larkspur.pk):
        FormSubmission.unscoped.filter(form=house.work.form).delete()
        for n in range(60):
            at = NOON - timedelta(hours=n)
            FormSubmission.unscoped.create(
                **own, payload={}, status="failed", error=f"odd-{n:02}", due_at=at, received_at=at
            )
    browser, seen = cast.browser("nora"), list[str]()
    address = reverse("crm:form", args=[house.work.form.pk])
    page = browser.get(address).content.decode()
    seen += re.findall(r"odd-\d\d", page)
    seen += re.findall(r"odd-\d\d", browser.get(address + older(page)).content.decode())

    assert seen == [f"odd-{n:02}" for n in range(60)]


@pytest.mark.parametrize(
    ("route", "words"),
    [
        ("crm:import_upload", "The file is larger than 50 MB. Split it into parts."),
        ("crm:suppression_import", "The file is larger than 5 MB. Split it and send the parts."),
    ],
)
def test_file_of_more_than_fits_is_refused_before_it_is_read(cast: Cast, route: str, words: str) -> None:
    """By what the request says of its length: nothing of the body is looked at, the token against forgery neither."""
    response = cast.browser("nora").post(
        reverse(route),
        b"",
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(60 * 1024 * 1024),
    )

    assert response.status_code == 413
    assert words in response.content.decode()


def test_failed_import_offers_to_go_on_and_to_undo(cast: Cast, desk: Desk) -> None:
    job = desk.run(text_of(ANN))
    with agency_scope(desk.agency_id), transaction.atomic():
        ImportJob.unscoped.filter(pk=job.pk).update(status="failed", stopped_at="running", error="It broke.")
    page = cast.browser("nora").get(reverse("crm:import", args=[job.pk])).content.decode()

    assert "It broke." in page
    assert "Go on with the rest" in page
    assert "Undo this import…" in page
    assert "What the columns mean" not in page
