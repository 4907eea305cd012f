"""Fence three: every named route, every kind of visitor, and own, sibling's and other agency's rows.

The table is complete because it is held against the URL resolver: a route without a row fails. Strangers get 404 for
what is not theirs; who belongs but may not gets 403; who is not signed in is sent to the sign-in page.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.brand import stylesheet_url
from accounts.permissions import LETTERS
from conftest import Cast, House
from portal.tests.policies import POLICIES, Policy

VISITORS = ("nora", "theo", "bea", "ed", "hannah", "vi", "rafael", "otto", "petra", "sam", "lena", None)


@dataclass(frozen=True)
class Row:
    """Expected statuses for Brightside's object, one per visitor.

    Nora owns the agency, Theo is a member assigned to Brightside, Bea a business development rep, Ed an editor.
    Hannah owns Brightside and Vi looks on; Rafael is the sibling client. Otto and Petra are the other agency and its
    client. Sam is a superuser without a seat, Lena has no seat at all, None is not signed in.
    """

    method: str
    statuses: tuple[int, ...]
    data: dict[str, str] | None = (
        None  # a value that names an argument, as in {client_id}, becomes the house's
    )


NOBODYS = UUID(int=0)
STAFF = (200, 200, 200, 403, 404, 404, 404, 404, 404, 404, 404, 302)
SEE_LEAD = (200, 200, 200, 403, 200, 200, 404, 404, 404, 404, 404, 302)
ERASE_LEAD = (200, 403, 403, 403, 200, 403, 404, 404, 404, 404, 404, 302)
EDIT_LEAD = (302, 302, 302, 403, 302, 403, 404, 404, 404, 404, 404, 302)
CLIENT = {"client": "{client_id}"}
MANAGERS = (200, 403, 403, 403, 404, 404, 404, 404, 404, 404, 404, 302)  # owners and admins of the agency
ARRANGERS = (200, 200, 403, 403, 200, 403, 404, 404, 404, 404, 404, 302)  # who arrange a client's pipeline
LOOKERS = (
    200,
    200,
    403,
    403,
    200,
    200,
    200,
    200,
    200,
    404,
    404,
    302,
)  # reps and editors have no business there
ROWS: dict[str, Row] = {
    "healthz": Row("GET", (200,) * 12),
    "portal:start": Row("GET", (302, 302, 302, 302, 302, 302, 302, 302, 302, 302, 403, 302)),
    "portal:theme": Row("POST", (302,) * 12),
    "portal:home": Row("GET", (404, 404, 404, 404, 200, 200, 200, 404, 200, 404, 404, 302)),
    "portal:leads": Row("GET", (404, 404, 404, 404, 200, 200, 200, 404, 200, 404, 404, 302)),
    "portal:lead": Row("GET", (404, 404, 404, 404, 302, 302, 404, 404, 404, 404, 404, 302)),
    "portal:calls": Row("GET", (404, 404, 404, 404, 200, 200, 200, 404, 200, 404, 404, 302)),
    "portal:call": Row("GET", (404, 404, 404, 404, 200, 200, 404, 404, 404, 404, 404, 302)),
    "crm:inbox": Row("GET", (200, 200, 200, 403, 404, 404, 404, 200, 404, 404, 404, 302)),
    "crm:inbox_call": Row("GET", STAFF),
    "crm:leads": Row("GET", (200, 200, 200, 403, 200, 200, 200, 200, 200, 404, 404, 302)),
    "crm:lead_filters": Row("GET", (200, 200, 200, 403, 200, 200, 200, 200, 200, 404, 404, 302)),
    "crm:bulk": Row("GET", (404, 404, 404, 403, 404, 403, 404, 404, 404, 404, 404, 302)),  # without a deed
    "crm:bulk_do": Row(
        "POST",
        (302, 302, 302, 403, 302, 403, 302, 302, 302, 404, 404, 302),
        {"deed": "tag", "name": "Roof", "lead": "{lead_id}"},
    ),
    "crm:leads_csv": Row("GET", (200, 200, 403, 403, 200, 403, 200, 200, 200, 404, 404, 302)),
    "crm:calls_csv": Row("GET", (200, 200, 403, 403, 200, 403, 200, 200, 200, 404, 404, 302)),
    "crm:views": Row("GET", (200, 200, 200, 403, 200, 200, 200, 200, 200, 404, 404, 302)),
    "crm:views_new": Row("GET", (200, 200, 200, 403, 200, 200, 200, 200, 200, 404, 404, 302)),
    "crm:views_create": Row(
        "POST", (422, 422, 422, 403, 422, 422, 422, 422, 422, 404, 404, 302), {"name": ""}
    ),
    # The view is shared on Brightside's own side: the agency has views of its own.
    "crm:view_change": Row("GET", (404, 404, 404, 403, 200, 403, 404, 404, 404, 404, 404, 302)),
    "crm:view_begin": Row(
        "POST", (404, 404, 404, 403, 302, 302, 404, 404, 404, 404, 404, 302), {"begins": "1"}
    ),
    "crm:view_keep": Row("POST", (404, 404, 404, 403, 302, 403, 404, 404, 404, 404, 404, 302)),
    "crm:view_delete": Row("GET", (404, 404, 404, 403, 200, 403, 404, 404, 404, 404, 404, 302)),
    "crm:rate": Row("POST", (302, 302, 403, 403, 302, 403, 404, 404, 404, 404, 404, 302), {"rating": "4"}),
    "crm:categorise": Row(
        "POST", (302, 302, 403, 403, 302, 403, 404, 404, 404, 404, 404, 302), {"category": "warm"}
    ),
    "crm:note": Row(
        "POST", (302, 302, 302, 403, 302, 403, 404, 404, 404, 404, 404, 302), {"body": "Called back."}
    ),
    "crm:lead_tag": Row(
        "POST", (302, 302, 302, 403, 302, 403, 404, 404, 404, 404, 404, 302), {"name": "Roof"}
    ),
    "crm:lead_untag": Row("POST", (302, 302, 302, 403, 302, 403, 404, 404, 404, 404, 404, 302)),
    "crm:tags": Row("GET", (200, 200, 403, 403, 200, 403, 200, 200, 200, 404, 404, 302)),
    "crm:tag_create": Row("POST", (422, 422, 403, 403, 422, 403, 422, 422, 422, 404, 404, 302), {"name": ""}),
    "crm:tag_change": Row("GET", (200, 200, 403, 403, 200, 403, 404, 404, 404, 404, 404, 302)),
    "crm:tag_delete": Row("GET", (200, 200, 403, 403, 200, 403, 404, 404, 404, 404, 404, 302)),
    "crm:tag": Row("POST", (302, 302, 302, 403, 302, 403, 404, 404, 404, 404, 404, 302), {"name": "Roof"}),
    "crm:untag": Row("POST", (302, 302, 302, 403, 302, 403, 404, 404, 404, 404, 404, 302)),
    "crm:move": Row("POST", (302, 302, 302, 403, 302, 403, 404, 404, 404, 404, 404, 302), {"stage": ""}),
    "crm:unread": Row("POST", (302, 302, 302, 403, 404, 404, 404, 404, 404, 404, 404, 302)),
    # The cast's call has no recording: a 404 that says so is what those who may listen get.
    "crm:recording": Row("GET", (404, 404, 404, 403, 404, 404, 404, 404, 404, 404, 404, 302)),
    "crm:lead_stage": Row("POST", EDIT_LEAD),
    "crm:lead_number": Row("GET", (200, 200, 200, 403, 200, 403, 404, 404, 404, 404, 404, 302)),
    "crm:duplicates_different": Row("POST", (302, 302, 403, 403, 302, 403, 302, 302, 302, 404, 404, 302)),
    # Once: after Nora there is nothing left to take back for who comes after her.
    "crm:duplicates_undo": Row("POST", (302, 404, 403, 403, 404, 403, 404, 404, 404, 404, 404, 302)),
    "crm:lead": Row("GET", SEE_LEAD),
    "crm:scoring": Row("GET", (200, 200, 403, 403, 404, 404, 404, 404, 404, 404, 404, 302)),
    "crm:scoring_suggestion": Row("GET", MANAGERS),
    "crm:scoring_save": Row("POST", (422, 403, 403, 403, 404, 404, 404, 404, 404, 404, 404, 302)),
    "crm:lead_score": Row("GET", SEE_LEAD),
    "crm:lead_score_set": Row("GET", (200, 200, 200, 403, 200, 403, 404, 404, 404, 404, 404, 302)),
    "crm:lead_score_lift": Row("POST", EDIT_LEAD),
    "crm:lead_new": Row("GET", (200, 200, 200, 403, 200, 403, 200, 200, 200, 404, 404, 302)),
    "crm:lead_edit": Row("GET", (200, 200, 200, 403, 200, 403, 404, 404, 404, 404, 404, 302)),
    "crm:lookalikes": Row(
        "POST", (200, 200, 200, 403, 200, 403, 200, 200, 200, 404, 404, 302), {"phone": "1"}
    ),
    "crm:lead_merge": Row("GET", ERASE_LEAD),
    "crm:merge_undo": Row("GET", ERASE_LEAD),
    "crm:duplicates": Row("GET", (200, 200, 200, 403, 200, 200, 200, 200, 200, 404, 404, 302)),
    "crm:lead_archive": Row("GET", ERASE_LEAD),
    "crm:lead_restore": Row("POST", (302, 403, 403, 403, 302, 403, 404, 404, 404, 404, 404, 302)),
    "crm:lead_erase": Row("GET", ERASE_LEAD),
    "crm:companies": Row("GET", (200, 200, 200, 403, 200, 200, 200, 200, 200, 404, 404, 302)),
    "crm:company": Row("GET", SEE_LEAD),
    "crm:company_edit": Row("GET", (200, 200, 200, 403, 200, 403, 404, 404, 404, 404, 404, 302)),
    "crm:lead_facts": Row("POST", EDIT_LEAD, {"status_by_hand": "", "sentiment": "positive", "owner": ""}),
    "crm:lead_signal": Row("GET", STAFF),
    "crm:company_signal": Row("GET", STAFF),
    "crm:signal_dismiss": Row("POST", (302, 302, 302, 403, 404, 404, 404, 404, 404, 404, 404, 302)),
    "crm:note_add": Row("POST", EDIT_LEAD, {"body": "Called back."}),
    # The cast's note is Nora's: others may pin it, and not change it.
    "crm:note_edit": Row("GET", (200, 403, 403, 403, 403, 403, 404, 404, 404, 404, 404, 302)),
    "crm:note_delete": Row("GET", (200, 403, 403, 403, 403, 403, 404, 404, 404, 404, 404, 302)),
    "crm:note_pin": Row("POST", EDIT_LEAD, {"pinned": "1"}),
    "crm:mentions": Row("GET", (200, 200, 200, 403, 200, 403, 404, 404, 404, 404, 404, 302)),
    "crm:clients": Row("GET", (200, 200, 200, 200, 404, 404, 404, 200, 404, 404, 404, 302)),
    "crm:client": Row("GET", (200, 200, 403, 403, 404, 404, 404, 404, 404, 404, 404, 302)),
    "crm:connect": Row(
        "POST", (422, 403, 403, 403, 404, 404, 404, 404, 404, 404, 404, 302), {"account_number": ""}
    ),
    "crm:back_fill": Row("GET", (200, 403, 403, 403, 404, 404, 404, 404, 404, 404, 404, 302)),
    "crm:ghl": Row("GET", (200, 403, 403, 403, 404, 404, 404, 404, 404, 404, 404, 302)),
    "crm:ghl_connect": Row(
        "POST", (422, 403, 403, 403, 404, 404, 404, 404, 404, 404, 404, 302), {"location_id": ""}
    ),
    "crm:sync_now": Row("POST", (302, 403, 403, 403, 404, 404, 404, 404, 404, 404, 404, 302)),
    "crm:pipeline": Row("GET", (200, 200, 200, 403, 200, 200, 200, 200, 200, 404, 404, 302)),
    "crm:pipeline_unplaced": Row("GET", (200, 200, 200, 403, 200, 200, 200, 200, 200, 404, 404, 302)),
    "crm:pipeline_lane": Row("GET", (200, 200, 200, 403, 200, 200, 404, 404, 404, 404, 404, 302)),
    "crm:pipeline_card": Row("GET", (200, 200, 200, 403, 200, 403, 404, 404, 404, 404, 404, 302)),
    "crm:pipeline_move": Row(
        "POST", (302, 302, 302, 403, 302, 403, 404, 404, 404, 404, 404, 302), {"stage": ""}
    ),
    "crm:stages": Row("GET", (200, 200, 403, 403, 200, 403, 200, 200, 200, 404, 404, 302)),
    "crm:stage_new": Row("GET", (200, 200, 403, 403, 200, 403, 200, 200, 200, 404, 404, 302)),
    "crm:stage_create": Row("POST", (422, 422, 403, 403, 422, 403, 422, 422, 422, 404, 404, 302)),
    "crm:stage_edit": Row("GET", ARRANGERS),
    "crm:stage_save": Row("POST", (422, 422, 403, 403, 422, 403, 404, 404, 404, 404, 404, 302)),
    "crm:stage_shift": Row(
        "POST", (302, 302, 403, 403, 302, 403, 404, 404, 404, 404, 404, 302), {"to": "left"}
    ),
    "crm:stage_remove": Row("GET", ARRANGERS),
    "crm:stage_remove_now": Row("POST", (422, 422, 403, 403, 422, 403, 404, 404, 404, 404, 404, 302)),
    "crm:forms": Row("GET", (200, 200, 403, 403, 200, 403, 200, 200, 200, 404, 404, 302)),
    "crm:form_new": Row("GET", (200, 200, 403, 403, 200, 403, 200, 200, 200, 404, 404, 302)),
    "crm:form_create": Row("POST", (422, 422, 403, 403, 422, 403, 422, 422, 422, 404, 404, 302)),
    "crm:form": Row("GET", (200, 200, 403, 403, 200, 403, 404, 404, 404, 404, 404, 302)),
    "crm:form_save": Row("POST", (422, 422, 403, 403, 422, 403, 404, 404, 404, 404, 404, 302)),
    "crm:form_renew": Row("GET", (200, 200, 403, 403, 200, 403, 404, 404, 404, 404, 404, 302)),
    "crm:submission": Row("GET", SEE_LEAD),
    "crm:submission_judge": Row("POST", (302, 302, 403, 403, 302, 403, 404, 404, 404, 404, 404, 302)),
    "crm:submission_retry": Row("POST", (302, 302, 403, 403, 302, 403, 404, 404, 404, 404, 404, 302)),
    "crm:public_form": Row("GET", (200,) * 12),
    "crm:imports": Row("GET", (200, 200, 403, 403, 200, 403, 200, 200, 200, 404, 404, 302)),
    "crm:import_new": Row("GET", (200, 200, 403, 403, 200, 403, 200, 200, 200, 404, 404, 302)),
    "crm:import_upload": Row("POST", (422, 422, 403, 403, 422, 403, 422, 422, 422, 404, 404, 302)),
    "crm:import": Row("GET", (200, 200, 403, 403, 200, 403, 404, 404, 404, 404, 404, 302)),
    "crm:import_check": Row("POST", (422, 422, 403, 403, 422, 403, 404, 404, 404, 404, 404, 302)),
    "crm:import_start": Row("POST", (302, 302, 403, 403, 302, 403, 404, 404, 404, 404, 404, 302)),
    "crm:import_undo": Row("POST", (302, 302, 403, 403, 302, 403, 404, 404, 404, 404, 404, 302)),
    "crm:import_rows": Row("GET", (200, 200, 403, 403, 200, 403, 404, 404, 404, 404, 404, 302)),
    "crm:import_failed": Row("GET", (200, 200, 403, 403, 200, 403, 404, 404, 404, 404, 404, 302)),
    "crm:journeys": Row("GET", LOOKERS),
    "crm:journey_new": Row("GET", (200, 200, 403, 403, 200, 403, 404, 404, 404, 404, 404, 302)),
    "crm:journey_create": Row("POST", (422, 422, 403, 403, 422, 403, 404, 404, 404, 404, 404, 302)),
    "crm:journey": Row("GET", (200, 200, 403, 403, 200, 200, 404, 404, 404, 404, 404, 302)),
    "crm:journey_edit": Row("GET", (200, 200, 403, 403, 200, 403, 404, 404, 404, 404, 404, 302)),
    "crm:journey_save": Row("POST", (302, 302, 403, 403, 302, 403, 404, 404, 404, 404, 404, 302)),
    "crm:journey_concerns": Row("GET", (403, 403, 403, 403, 200, 403, 404, 404, 404, 404, 404, 302)),
    "crm:journey_concerns_save": Row("POST", (403, 403, 403, 403, 302, 403, 404, 404, 404, 404, 404, 302)),
    "crm:journey_status": Row(
        "POST", (302, 302, 403, 403, 302, 403, 404, 404, 404, 404, 404, 302), {"status": "in_progress"}
    ),
    "crm:journey_note": Row("POST", (422, 422, 403, 403, 422, 403, 404, 404, 404, 404, 404, 302)),
    "crm:journey_pause": Row("POST", (302, 302, 403, 403, 302, 403, 404, 404, 404, 404, 404, 302)),
    "crm:journey_archive": Row("POST", (302, 302, 403, 403, 302, 403, 404, 404, 404, 404, 404, 302)),
    "crm:journey_agree": Row("GET", (403, 403, 403, 403, 200, 403, 404, 403, 404, 404, 404, 302)),
    "crm:journey_agree_now": Row("POST", (403, 403, 403, 403, 422, 403, 404, 403, 404, 404, 404, 302)),
    "crm:conversion_undo": Row("POST", (403, 403, 403, 403, 302, 403, 404, 403, 404, 404, 404, 302)),
    "crm:journey_apply": Row("POST", (422, 422, 403, 403, 422, 403, 404, 404, 404, 404, 404, 302)),
    "crm:journey_step_new": Row("GET", (200, 200, 403, 403, 200, 403, 404, 404, 404, 404, 404, 302)),
    "crm:journey_step_create": Row("POST", (422, 422, 403, 403, 422, 403, 404, 404, 404, 404, 404, 302)),
    "crm:journey_step_edit": Row("GET", (200, 200, 403, 403, 200, 403, 404, 404, 404, 404, 404, 302)),
    "crm:journey_step_save": Row("POST", (422, 422, 403, 403, 422, 403, 404, 404, 404, 404, 404, 302)),
    "crm:journey_step_done": Row(
        "POST", (302, 302, 403, 403, 302, 403, 404, 404, 404, 404, 404, 302), {"done": "1"}
    ),
    "crm:journey_step_shift": Row(
        "POST", (302, 302, 403, 403, 302, 403, 404, 404, 404, 404, 404, 302), {"to": "up"}
    ),
    "crm:journey_step_remove": Row("POST", (302, 404, 403, 403, 404, 403, 404, 404, 404, 404, 404, 302)),
    "crm:journey_templates": Row("GET", LOOKERS),
    "crm:journey_template_new": Row("GET", (200, 200, 403, 403, 200, 403, 200, 200, 200, 404, 404, 302)),
    "crm:journey_template_create": Row("POST", (422, 422, 403, 403, 422, 403, 422, 422, 422, 404, 404, 302)),
    "crm:journey_template_edit": Row("GET", (200, 200, 403, 403, 200, 403, 404, 404, 404, 404, 404, 302)),
    "crm:journey_template_save": Row("POST", (422, 422, 403, 403, 422, 403, 404, 404, 404, 404, 404, 302)),
    "crm:journey_template_archive": Row("POST", (302, 302, 403, 403, 302, 403, 404, 404, 404, 404, 404, 302)),
    "crm:journey_template_adapt": Row("POST", (302, 302, 403, 403, 302, 403, 404, 404, 404, 404, 404, 302)),
    "crm:services": Row("GET", LOOKERS),
    "crm:service_new": Row("GET", (403, 403, 403, 403, 200, 403, 200, 403, 200, 404, 404, 302)),
    "crm:service_create": Row("POST", (403, 403, 403, 403, 422, 403, 422, 403, 422, 404, 404, 302)),
    "crm:service_edit": Row("GET", (403, 403, 403, 403, 200, 403, 404, 403, 404, 404, 404, 302)),
    "crm:service_save": Row("POST", (403, 403, 403, 403, 422, 403, 404, 403, 404, 404, 404, 302)),
    "crm:customers": Row("GET", LOOKERS),
    "crm:customer": Row("GET", (200, 200, 403, 403, 200, 200, 404, 404, 404, 404, 404, 302)),
    "crm:customer_edit": Row("GET", (403, 403, 403, 403, 200, 403, 404, 403, 404, 404, 404, 302)),
    "crm:customer_save": Row("POST", (403, 403, 403, 403, 422, 403, 404, 403, 404, 404, 404, 302)),
    "crm:customer_status": Row(
        "POST", (403, 403, 403, 403, 302, 403, 404, 403, 404, 404, 404, 302), {"status": "inactive"}
    ),
    "crm:customer_call": Row(
        "POST", (403, 403, 403, 403, 302, 403, 404, 403, 404, 404, 404, 302), {"linked": "1"}
    ),
    "crm:customer_agreement_new": Row("GET", (403, 403, 403, 403, 200, 403, 404, 403, 404, 404, 404, 302)),
    "crm:customer_agreement_create": Row(
        "POST", (403, 403, 403, 403, 422, 403, 404, 403, 404, 404, 404, 302)
    ),
    "crm:customer_agreement_edit": Row("GET", (403, 403, 403, 403, 200, 403, 404, 403, 404, 404, 404, 302)),
    "crm:customer_agreement_save": Row("POST", (403, 403, 403, 403, 422, 403, 404, 403, 404, 404, 404, 302)),
    "crm:customer_agreement_remove": Row(
        "POST", (403, 403, 403, 403, 302, 403, 404, 403, 404, 404, 404, 302)
    ),
    "crm:customer_note": Row("POST", (403, 403, 403, 403, 422, 403, 404, 403, 404, 404, 404, 302)),
    "crm:customer_milestone_add": Row("POST", (403, 403, 403, 403, 422, 403, 404, 403, 404, 404, 404, 302)),
    "crm:customer_milestone_remove": Row(
        "POST", (403, 403, 403, 403, 302, 403, 404, 403, 404, 404, 404, 302)
    ),
    "crm:customer_outcome_add": Row("POST", (403, 403, 403, 403, 422, 403, 404, 403, 404, 404, 404, 302)),
    "crm:customer_outcome_remove": Row("POST", (403, 403, 403, 403, 302, 403, 404, 403, 404, 404, 404, 302)),
    "crm:privacy": Row("GET", (200, 403, 403, 403, 200, 403, 200, 200, 200, 404, 404, 302)),
    "crm:privacy_save": Row("POST", (422, 403, 403, 403, 422, 403, 422, 422, 422, 404, 404, 302)),
    "crm:privacy_consent": Row("POST", (404, 404, 404, 404, 302, 403, 302, 404, 302, 404, 404, 302)),
    "crm:ctm_webhook": Row("POST", (400,) * 12),
    "crm:call_log": Row("GET", (200, 200, 200, 403, 200, 403, 200, 200, 200, 404, 404, 302)),
    "crm:lead_call_log": Row("GET", (200, 200, 200, 403, 200, 403, 404, 404, 404, 404, 404, 302)),
    "crm:dispose": Row("GET", (200, 200, 200, 403, 200, 403, 404, 404, 404, 404, 404, 302)),
    "crm:today": Row("GET", (200, 200, 200, 403, 200, 200, 200, 200, 200, 404, 404, 302)),
    "crm:today_callback_kept": Row("POST", (302, 302, 302, 403, 302, 403, 404, 404, 404, 404, 404, 302)),
    "crm:today_callback_later": Row("GET", (200, 200, 200, 403, 200, 403, 404, 404, 404, 404, 404, 302)),
    "crm:today_step_later": Row("GET", (200, 200, 403, 403, 200, 403, 404, 404, 404, 404, 404, 302)),
    "crm:campaigns": Row("GET", (200, 200, 200, 403, 200, 200, 200, 200, 200, 404, 404, 302)),
    "crm:campaign": Row("GET", (200, 200, 200, 403, 200, 200, 404, 404, 404, 404, 404, 302)),
    "crm:campaign_new": Row("GET", (200, 200, 403, 403, 404, 404, 404, 200, 404, 404, 404, 302)),
    "crm:campaign_edit": Row("GET", (200, 200, 403, 403, 404, 404, 404, 404, 404, 404, 404, 302)),
    "crm:campaign_status": Row("POST", (302, 302, 403, 403, 404, 404, 404, 404, 404, 404, 404, 302)),
    "crm:campaign_mode": Row("POST", (302, 302, 403, 403, 404, 404, 404, 404, 404, 404, 404, 302)),
    "crm:campaign_autopilot": Row("POST", (302, 403, 403, 403, 302, 403, 404, 404, 404, 404, 404, 302)),
    "crm:campaign_assign": Row("POST", (302, 302, 403, 403, 404, 404, 404, 404, 404, 404, 404, 302)),
    "crm:campaign_members_add": Row("GET", (200, 200, 403, 403, 404, 404, 404, 404, 404, 404, 404, 302)),
    "crm:campaign_member": Row("POST", (302, 302, 403, 403, 404, 404, 404, 404, 404, 404, 404, 302)),
    "crm:markets": Row("GET", (*STAFF[:7], 200, *STAFF[8:])),
    "crm:market_new": Row("GET", (200, 200, 403, 403, 404, 404, 404, 200, 404, 404, 404, 302)),
    "crm:market_edit": Row("GET", (200, 200, 403, 403, 404, 404, 404, 404, 404, 404, 404, 302)),
    "crm:market_delete": Row("GET", (200, 200, 403, 403, 404, 404, 404, 404, 404, 404, 404, 302)),
    "crm:queue": Row("GET", (200, 200, 200, 403, 404, 404, 404, 404, 404, 404, 404, 302)),
    "crm:queue_next": Row("POST", (302, 302, 302, 403, 404, 404, 404, 404, 404, 404, 404, 302)),
    "crm:queue_done": Row("POST", (302, 302, 302, 403, 404, 404, 404, 404, 404, 404, 404, 302)),
    "crm:queue_skip": Row("POST", (302, 302, 302, 403, 404, 404, 404, 404, 404, 404, 404, 302)),
    "crm:queue_hold": Row(
        "POST", (302, 302, 302, 403, 404, 404, 404, 404, 404, 404, 404, 302), {"days": "1"}
    ),
    "crm:statistics": Row("GET", (200, 200, 200, 403, 200, 200, 200, 200, 200, 404, 404, 302)),
    # Without a figure in the address there are no rows: a 404 is what those who may look get.
    "crm:statistics_rows": Row("GET", (404, 404, 404, 403, 404, 404, 404, 404, 404, 404, 404, 302)),
    "crm:suppression": Row("GET", (200, 200, 200, 403, 200, 403, 200, 200, 200, 404, 404, 302)),
    "crm:suppression_add": Row("POST", (422, 422, 422, 403, 422, 403, 422, 422, 422, 404, 404, 302)),
    "crm:suppression_import": Row("POST", (422, 422, 422, 403, 422, 403, 422, 422, 422, 404, 404, 302)),
    "crm:suppression_csv": Row("GET", (200, 200, 403, 403, 200, 403, 200, 200, 200, 404, 404, 302)),
    "crm:suppression_remove": Row("GET", (200, 403, 403, 403, 200, 403, 404, 404, 404, 404, 404, 302)),
    "notifications:list": Row("GET", (200, 200, 200, 200, 404, 404, 404, 200, 404, 404, 404, 302)),
    "notifications:read_all": Row("POST", (302, 302, 302, 302, 404, 404, 404, 302, 404, 404, 404, 302)),
    "notifications:follow": Row("POST", (302, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 302)),
    "accounts:roles": Row("GET", (200, 200, 200, 200, 200, 200, 200, 200, 200, 404, 404, 302)),
    "accounts:audit": Row("GET", (200, 403, 403, 403, 200, 403, 200, 200, 200, 404, 404, 302)),
    "accounts:audit_csv": Row("GET", (200, 403, 403, 403, 200, 403, 200, 200, 200, 404, 404, 302)),
    "accounts:acting": Row("GET", (200, 200, 403, 403, 404, 404, 404, 200, 404, 404, 404, 302)),
    "accounts:acting_start": Row(
        "POST", (302, 302, 403, 403, 404, 404, 404, 404, 404, 404, 404, 302), CLIENT
    ),
    "accounts:acting_platform": Row("GET", (404,) * 9 + (200, 404, 302)),
    "accounts:acting_changes": Row("GET", (404,) * 11 + (302,)),  # who acts: portal/tests/test_acting.py
    "accounts:acting_stop": Row("POST", (302,) * 12),
    "accounts:visits": Row("GET", (200, 403, 403, 403, 200, 403, 200, 200, 200, 404, 404, 302)),
    "accounts:security": Row("GET", (200, 200, 200, 200, 200, 200, 200, 200, 200, 404, 404, 302)),
    "accounts:security_end": Row("POST", (404,) * 11 + (302,)),  # nobody's own
    "accounts:security_end_others": Row("POST", (302,) * 9 + (404, 404, 302)),
    "accounts:security_connect": Row("POST", (422,) * 9 + (404, 404, 302), {"name": ""}),
    "api:refresh": Row("POST", (400,) * 12),
    "api:me": Row("GET", (401,) * 12),
    # Who is in has nothing to prove and goes on; who is held is another file's matter.
    "accounts:verify": Row("GET", (302,) * 12),
    "accounts:verify_send": Row("POST", (302,) * 12),
    "accounts:factors": Row("GET", (200,) * 11 + (302,)),
    "accounts:factors_start": Row("GET", (200,) * 11 + (302,)),
    "accounts:factors_totp": Row("GET", (200,) * 11 + (302,)),
    "accounts:factors_qr": Row("GET", (200,) * 11 + (302,)),
    "accounts:factors_codes": Row("GET", (200,) * 11 + (302,)),
    "accounts:factors_methods": Row("POST", (302,) * 12),
    "accounts:factors_passkey_add": Row("GET", (200,) * 11 + (302,)),
    "accounts:factors_passkey": Row("GET", (404,) * 11 + (302,)),  # nobody's; owners: accounts/tests
    "accounts:factors_remove": Row("GET", (404,) * 11 + (302,)),
    "accounts:factors_untrust": Row("POST", (404,) * 11 + (302,)),
    "accounts:rules": Row("GET", (200, 403, 403, 403, 200, 403, 200, 200, 200, 404, 404, 302)),
    "accounts:rules_agency": Row("POST", (302, 403, 403, 403, 404, 404, 404, 302, 404, 404, 404, 302)),
    # Theo, who works for Brightside: Hannah and Rafael own clients and do not see him.
    "accounts:rules_person": Row("POST", (302, 403, 403, 403, 404, 403, 404, 404, 404, 404, 404, 302)),
    "accounts:why": Row("GET", (200,) * 11 + (302,)),
    "accounts:seats": Row(
        "GET", (404,) * 11 + (302,)
    ),  # the cast has a seat each: accounts/tests/test_seats.py
    "accounts:password": Row("GET", (200,) * 11 + (302,)),
    "accounts:connections": Row("GET", (200,) * 11 + (302,)),
    # No provider is set up and nothing connected: a 404 is what everybody gets (accounts/tests/test_providers.py).
    "accounts:connections_connect": Row("POST", (404,) * 11 + (302,)),
    "accounts:connections_remove": Row("GET", (404,) * 11 + (302,)),
    "provider_login": Row("POST", (302,) * 11 + (404,)),
    "provider_callback": Row("GET", (404,) * 12),
    "accounts:locked": Row("GET", (200, 403, 403, 403, 200, 403, 200, 200, 200, 404, 404, 302)),
    # Nobody of the cast is kept out: a 404 is what those who may lift a pause get.
    "accounts:locked_lift": Row("POST", (404, 403, 403, 403, 404, 403, 404, 404, 404, 404, 404, 302)),
    "accounts:take_seat": Row("POST", (404,) * 11 + (302,), {"seat": "somebody else's"}),
    # Nora alone may; what the rows are about (an invitation to Larkspur, its people) is Larkspur's.
    "accounts:team": Row("GET", (200, 403, 403, 403, 404, 404, 404, 200, 404, 404, 404, 302)),
    "accounts:team_invite": Row("POST", (422, 403, 403, 403, 404, 404, 404, 422, 404, 404, 404, 302)),
    "accounts:team_resend": Row("POST", (302, 403, 403, 403, 404, 404, 404, 404, 404, 404, 404, 302)),
    "accounts:team_revoke": Row("GET", (200, 403, 403, 403, 404, 404, 404, 404, 404, 404, 404, 302)),
    "accounts:team_person": Row("GET", (200, 403, 403, 403, 404, 404, 404, 404, 404, 404, 404, 302)),
    "accounts:team_end": Row("GET", (200, 403, 403, 403, 404, 404, 404, 404, 404, 404, 404, 302)),
    "accounts:team_deactivate": Row("GET", (200, 403, 403, 403, 404, 404, 404, 404, 404, 404, 404, 302)),
    "accounts:team_reactivate": Row("POST", (302, 403, 403, 403, 404, 404, 404, 404, 404, 404, 404, 302)),
    "accounts:team_sign_out": Row("POST", (302, 403, 403, 403, 404, 404, 404, 404, 404, 404, 404, 302)),
    "accounts:client_team_sign_out": Row(
        "POST", (302, 403, 403, 403, 302, 403, 404, 404, 404, 404, 404, 302)
    ),
    "accounts:our_team": Row("GET", (404, 404, 404, 404, 302, 403, 302, 404, 302, 404, 404, 302)),
    "accounts:client_team": Row("GET", (200, 403, 403, 403, 200, 403, 404, 404, 404, 404, 404, 302)),
    "accounts:client_team_invite": Row("POST", (422, 403, 403, 403, 422, 403, 404, 404, 404, 404, 404, 302)),
    "accounts:client_team_resend": Row("POST", (302, 403, 403, 403, 302, 403, 404, 404, 404, 404, 404, 302)),
    "accounts:client_team_revoke": Row("GET", (200, 403, 403, 403, 200, 403, 404, 404, 404, 404, 404, 302)),
    "accounts:client_team_person": Row("GET", (200, 403, 403, 403, 200, 403, 404, 404, 404, 404, 404, 302)),
    "accounts:client_team_end": Row("GET", (200, 403, 403, 403, 200, 403, 404, 404, 404, 404, 404, 302)),
    "accounts:invitation": Row("GET", (404,) * 12),  # "x" is no link of ours
    "accounts:business": Row("GET", (404, 404, 404, 404, 200, 200, 200, 404, 200, 404, 404, 302)),
    "accounts:business_save": Row(
        "POST",
        (404, 404, 404, 404, 302, 403, 302, 404, 302, 404, 404, 302),
        {"timezone": "America/New_York"},
    ),
    "accounts:plan": Row("GET", (404, 404, 404, 404, 200, 403, 200, 404, 200, 404, 404, 302)),
    "accounts:agency": Row("GET", (200, 200, 200, 200, 404, 404, 404, 200, 404, 404, 404, 302)),
    "accounts:agency_save": Row("POST", (422, 403, 403, 403, 404, 404, 404, 422, 404, 404, 404, 302)),
    "accounts:branding": Row("GET", (200, 200, 200, 200, 404, 404, 404, 200, 404, 404, 404, 302)),
    "accounts:branding_preview": Row("POST", (422, 403, 403, 403, 404, 404, 404, 422, 404, 404, 404, 302)),
    "accounts:branding_save": Row("POST", (422, 403, 403, 403, 404, 404, 404, 422, 404, 404, 404, 302)),
    "accounts:branding_logo": Row("POST", (422, 403, 403, 403, 404, 404, 404, 422, 404, 404, 404, 302)),
    "brand:stylesheet": Row("GET", (200,) * 12),
    "brand:logo": Row("GET", (404,) * 12),  # nobody uploaded it
    "brand:door": Row("GET", (302,) * 12),
    "accounts:packages": Row("GET", (200, 200, 200, 200, 404, 404, 404, 200, 404, 404, 404, 302)),
    "accounts:packages_new": Row("GET", (200, 403, 403, 403, 404, 404, 404, 200, 404, 404, 404, 302)),
    "accounts:packages_create": Row("POST", (422, 403, 403, 403, 404, 404, 404, 422, 404, 404, 404, 302)),
    "accounts:packages_edit": Row("GET", MANAGERS),
    "accounts:packages_save": Row("POST", (422, *MANAGERS[1:])),
    "accounts:packages_offer": Row("POST", (302, *MANAGERS[1:])),
    "crm:client_new": Row("GET", (200, 403, 403, 403, 404, 404, 404, 200, 404, 404, 404, 302)),
    "crm:client_create": Row("POST", (422, 403, 403, 403, 404, 404, 404, 422, 404, 404, 404, 302)),
    "clients:profile": Row("GET", (200, 200, 200, 200, 404, 404, 404, 404, 404, 404, 404, 302)),
    "clients:profile_save": Row("POST", (422, 422, 403, 403, 404, 404, 404, 404, 404, 404, 404, 302)),
    "clients:status": Row("POST", (302, *MANAGERS[1:]), {"status": "active"}),
    "clients:archive": Row("GET", MANAGERS),
    "clients:archive_now": Row("POST", (302, *MANAGERS[1:])),
    "clients:unarchive": Row("POST", (302, *MANAGERS[1:])),
    "clients:staff": Row("GET", MANAGERS),
    "clients:staff_add": Row("POST", (422, *MANAGERS[1:])),
    "clients:staff_remove": Row("POST", (302, *MANAGERS[1:])),
    "clients:subscription": Row("GET", (200, 200, 403, 403, 404, 404, 404, 404, 404, 404, 404, 302)),
    "clients:subscription_save": Row("POST", (422, *MANAGERS[1:])),
    "clients:subscription_credits": Row("POST", (422, *MANAGERS[1:])),
    "accounts:profile": Row("GET", (200,) * 9 + (404, 404, 302)),
    "accounts:profile_email": Row("GET", (200,) * 9 + (404, 404, 302)),
    "accounts:profile_verify": Row("POST", (302,) * 9 + (404, 404, 302)),
    "accounts:leave": Row("GET", (200,) * 9 + (404, 404, 302)),
    "accounts:confirm_email": Row("GET", (404,) * 11 + (302,)),
    "accounts:avatar": Row("GET", (404,) * 11 + (302,)),  # nobody of the cast has a picture
    "account_login": Row("GET", (302,) * 11 + (200,)),
    "account_logout": Row("GET", (200,) * 11 + (302,)),
    "account_signup": Row("GET", (302,) * 11 + (200,)),
    "account_reauthenticate": Row("GET", (403,) * 11 + (302,)),  # the cast has no passwords
    "account_reset_password": Row("GET", (200,) * 12),
    "account_reset_password_done": Row("GET", (200,) * 12),
    "account_reset_password_from_key": Row("GET", (404,) * 12),
    "account_reset_password_from_key_done": Row("GET", (200,) * 12),
}


def routes() -> Iterator[tuple[str, URLPattern]]:
    """Every named route of the resolver, except Django admin's, which are one rule: superusers only."""

    def walk(patterns: list[Any], namespace: str) -> Iterator[tuple[str, URLPattern]]:
        for each in patterns:
            if isinstance(each, URLResolver):
                inner = f"{namespace}{each.namespace}:" if each.namespace else namespace
                yield from walk(each.url_patterns, inner)
            else:
                yield f"{namespace}{each.name}", each

    return walk(get_resolver().url_patterns, "")


HOUSE_ROUTES = {name: pattern for name, pattern in routes() if not name.startswith("admin:")}


def arguments(house: House, name: str = "") -> dict[str, object]:
    at_client = "client_team" in name
    return {
        "person_id": house.member.pk if at_client else house.worker.pk,
        "token_id": house.invitation.pk if at_client else house.staff_invitation.pk,
        "secret": "x",
        "call_id": house.call.pk,
        "client_id": house.client.pk,
        "lead_id": house.lead.pk,
        "note_id": house.note.pk,
        "company_id": house.work.company.pk,
        "merge_id": house.work.merge.pk,
        "tag_id": house.tag.pk,
        "stage_id": house.stage.pk,
        "journey_id": house.work.journey.pk,
        "step_id": house.work.step.pk,
        "template_id": house.work.template.pk,
        "conversion_id": house.work.conversion.pk,
        "service_id": house.work.service.pk,
        "customer_id": house.work.customer.pk,
        "agreement_id": house.work.agreement.pk,
        "outcome_id": house.work.outcome.pk,
        "session_id": uuid4(),
        "slug": house.client.slug,
        "job_id": house.work.job.pk,
        "form_id": house.work.form.pk,
        "submission_id": house.work.submission.pk,
        "notice_id": house.notice.pk,
        "name": stylesheet_url("#aa3355").split("/")[-1].removesuffix(".css"),
        "digest": "0" * 64,
        "house": "larkspur",
        "package_id": house.package.pk,
        "assignment_id": house.assignment.pk,
        "campaign_id": house.work.campaign.pk,
        "said_id": house.work.different.pk,
        "market_id": house.work.market.pk,
        "callback_id": house.work.callback.pk,
        "member_id": house.work.member.pk,
        "suppression_id": house.work.suppression.pk,
        "signal_id": house.work.signal.pk,
        "user_id": house.note.author_id,
        "token": house.work.form.token if name == "crm:public_form" else house.account.webhook_token,
        "position": "end",
        "uidb36": "x",
        "key": "x",
        "resource": "leads",
        "view_id": house.work.view.pk,
        "factor_id": 0,
        "trusted_id": NOBODYS,
    }


def address(name: str, house: House) -> str:
    wanted = HOUSE_ROUTES[name].pattern
    known = arguments(house, name)
    names = set(wanted.converters) | set(wanted.regex.groupindex)
    return reverse(name, kwargs={each: known[each] for each in names})


def filled(data: dict[str, str], house: House) -> dict[str, str]:
    return {key: value.format(**arguments(house)) for key, value in data.items()}


def visit(cast: Cast, name: str, visitor: str | None, house: House) -> HttpResponse:
    row = ROWS[name]
    browser = cast.browser(visitor)
    url = address(name, house)
    if row.method == "GET":
        answer: Any = browser.get(url)
        if answer.streaming:
            list(answer)  # read to its end, which closes what it is read from
        return answer  # type: ignore[no-any-return]
    body = "not json" if name == "crm:ctm_webhook" else filled(row.data or {}, house)
    if isinstance(body, str):
        return browser.post(url, body, content_type="application/json")  # type: ignore[return-value]
    return browser.post(url, body)  # type: ignore[return-value]


def test_every_route_is_in_the_table() -> None:
    assert set(HOUSE_ROUTES) == set(ROWS)


def test_every_view_states_its_policy() -> None:
    bare = [
        name
        for name, pattern in HOUSE_ROUTES.items()
        if not name.startswith("account_") and not hasattr(pattern.callback, "access_policy")
    ]
    assert bare == []


def policy_of(name: str) -> Policy | None:
    policy = getattr(HOUSE_ROUTES[name].callback, "access_policy", None)
    if isinstance(policy, tuple):
        capability, at_least, side = policy
        return capability, next(letter for letter, level in LETTERS.items() if level == at_least), side
    return policy


def test_every_view_asks_what_is_written_down() -> None:
    """A new route's policy is added to portal/tests/policies.py, and a changed one is changed there on purpose."""
    found = {name: policy for name in HOUSE_ROUTES if (policy := policy_of(name))}

    assert {name: policy for name, policy in found.items() if POLICIES.get(name) != policy} == {}, (
        "to portal/tests/policies.py"
    )
    assert set(POLICIES) == set(found)


@pytest.mark.parametrize("name", sorted(ROWS))
def test_access(cast: Cast, name: str) -> None:
    statuses = tuple(visit(cast, name, visitor, cast.brightside).status_code for visitor in VISITORS)

    assert dict(zip(VISITORS, statuses, strict=True)) == dict(zip(VISITORS, ROWS[name].statuses, strict=True))


OBJECTS = {
    "callback_id",
    "campaign_id",
    "member_id",
    "assignment_id",
    "call_id",
    "company_id",
    "conversion_id",
    "customer_id",
    "journey_id",
    "lead_id",
    "market_id",
    "notice_id",
    "package_id",
    "person_id",
    "said_id",
    "service_id",
    "signal_id",
    "slug",
    "stage_id",
    "suppression_id",
    "tag_id",
    "template_id",
    "token_id",
    "view_id",
}
OBJECT_ROUTES = [
    name
    for name, pattern in sorted(HOUSE_ROUTES.items())
    if OBJECTS & set(pattern.pattern.converters) and name != "crm:ctm_webhook"
]


@pytest.mark.parametrize("name", OBJECT_ROUTES)
def test_foreign_objects_do_not_exist(cast: Cast, name: str) -> None:
    """A sibling client's object to those of Brightside, another agency's to all of Larkspur."""
    siblings = {who: visit(cast, name, who, cast.delgado).status_code for who in ("theo", "hannah", "vi")}
    others = {
        who: visit(cast, name, who, cast.kettle).status_code for who in ("nora", "theo", "hannah", "rafael")
    }

    seen = set(siblings.values()) | set(others.values())
    assert seen <= {404, 403}, (siblings, others)
    allowed = {who for who in VISITORS if who and ROWS[name].statuses[VISITORS.index(who)] in (200, 302, 422)}
    assert {who: status for who, status in siblings.items() if who in allowed} == {
        who: 404 for who in siblings if who in allowed
    }
    assert {who: status for who, status in others.items() if who in allowed} == {
        who: 404 for who in others if who in allowed
    }


def test_refused_posts_change_nothing(cast: Cast) -> None:
    from accounts.scope import PlatformUse, platform_scope
    from crm.models import Activity, Call, CallTag, Note

    for name, row in ROWS.items():
        if row.method == "POST" and name.startswith("crm:") and name != "crm:ctm_webhook":
            for who in ("otto", "petra", "rafael", "vi", "lena"):
                visit(cast, name, who, cast.brightside)

    with platform_scope(PlatformUse.ADMIN):
        call = Call.unscoped.get(pk=cast.brightside.call.pk)
        counts = [
            model.unscoped.filter(client=cast.brightside.client).count()
            for model in (Note, CallTag, Activity)
        ]
    assert (call.rating, call.category, call.seen_at, counts) == (3, "warm", None, [1, 1, 1])


@pytest.mark.parametrize("visitor", VISITORS)
def test_admin_is_for_superusers(cast: Cast, visitor: str | None) -> None:
    status = cast.browser(visitor).get(reverse("admin:index")).status_code

    assert status == (200 if visitor == "sam" else 302)


def test_get_never_changes_a_call(cast: Cast) -> None:
    """Posts by GET are refused."""
    for name in (
        "crm:rate",
        "crm:note",
        "crm:tag",
        "crm:untag",
        "crm:move",
        "crm:unread",
        "crm:sync_now",
        "crm:connect",
    ):
        assert cast.browser("nora").get(address(name, cast.brightside)).status_code == 405, name


def test_people_reach_only_rows_of_their_seat(cast: Cast) -> None:
    """What the pages themselves show, for each person: names of their own houses and no others."""
    shown = {}
    for who, url in (
        ("nora", reverse("crm:inbox")),
        ("theo", reverse("crm:inbox")),
        ("hannah", reverse("portal:calls")),
        ("rafael", reverse("portal:leads")),
        ("otto", reverse("crm:inbox")),
        ("petra", reverse("portal:calls")),
    ):
        page = cast.browser(who).get(url).content.decode()
        shown[who] = {each for each in ("Lee Brightside", "Lee Delgado", "Lee Copper") if each in page}

    assert shown == {
        "nora": {"Lee Brightside", "Lee Delgado"},
        "theo": {"Lee Brightside"},
        "hannah": {"Lee Brightside"},
        "rafael": {"Lee Delgado"},
        "otto": {"Lee Copper"},
        "petra": {"Lee Copper"},
    }
