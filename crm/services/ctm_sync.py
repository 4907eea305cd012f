"""The sync of one CTM account: a walk over its list of calls, newest first."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.conf import settings

from accounts.models import Client
from crm.models import Call, CTMAccount, CTMSyncRun
from crm.providers.ctm.client import CTMClient
from crm.providers.ctm.records import call_record
from crm.providers.records import NotACall, Page
from crm.services import walks
from crm.services.ctm_problems import in_words
from integrations.services.vault import open_credential


class _Reader:
    def __init__(self, ctm: CTMClient, walk: walks.Walk, region: str) -> None:
        self._ctm, self._region = ctm, region
        self._first = ctm.first_page_url(walk.window_start, walk.window_end)

    def page(self, token: str) -> Page:
        return self._ctm.page(token or self._first)

    def sort(self, entries: Sequence[Any]) -> walks.Sorted:
        found = walks.Sorted()
        for entry in entries:
            try:
                found.records.append(call_record(entry, self._region))
            except NotACall as reason:
                found.rejects.append({"reason": str(reason), "raw": entry})
        found.ids = {record.external_id for record in found.records}
        return found


@contextmanager
def _reader(account: CTMAccount, client: Client, walk: walks.Walk) -> Iterator[_Reader]:
    keys = open_credential(account.credential)
    with CTMClient(keys["access_key"], keys["secret_key"], account.account_number) as ctm:
        yield _Reader(ctm, walk, client.phone_country)


CTM = walks.Tracker(
    source=Call.Source.CTM,
    accounts=CTMAccount,
    runs=CTMSyncRun,
    reader=_reader,
    in_words=in_words,
    every_s=lambda: int(settings.CTM_SYNC_EVERY_S),
    lease_s=lambda: int(settings.CTM_SYNC_LEASE_S),
)
