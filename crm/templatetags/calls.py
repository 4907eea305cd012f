from typing import Any

from django import template
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

from crm.classification.categories import HUES, LABELS
from crm.lead_columns import SENTIMENT_HUES, STATUS_HUES, TIER_HUES
from crm.presenting import Day, shown_number
from crm.presenting import channel as channel_of
from lib.ui.times import length, ordinal

register = template.Library()
register.filter("length_of", length)
register.filter("ordinal", ordinal)


@register.simple_tag
def call_rows(days: list[Day]) -> SafeString:
    """The days of a list of calls, whose rows are drawn already."""
    html = get_template("crm/call_rows.html", using="jinja2").render({"days": days})
    return mark_safe(html)  # noqa: S308  the engine has escaped it


@register.simple_tag
def channel(call: Any) -> tuple[str, str]:
    return channel_of(call.kind, call.direction, call.answered)


@register.simple_tag
def number(e164: str, given: str) -> str:
    return shown_number(e164, given)


@register.filter
def category_label(category: str) -> str:
    return LABELS.get(category, category)


@register.filter
def category_hue(category: str) -> str:
    return HUES.get(category, "gray")


@register.filter
def percent(share: float | None) -> str:
    return "" if share is None else f"{round(share * 100)} %"


EMAIL_HUES = {"verified": "green", "guessed": "amber", "invalid": "red", "catch_all": "amber"}


@register.filter
def status_hue(status: str) -> str:
    return STATUS_HUES.get(status, "gray")


@register.filter
def sentiment_hue(sentiment: str) -> str:
    return SENTIMENT_HUES.get(sentiment, "gray")


@register.filter
def tier_hue(tier: str) -> str:
    return TIER_HUES.get(tier, "gray")


@register.filter
def email_hue(status: str) -> str:
    return EMAIL_HUES.get(status, "gray")


@register.filter
def web_address(text: str) -> str:
    """``text`` as an address to follow, "" for one that leads elsewhere than to the web, such as ``javascript:``."""
    address = text if "://" in text else f"https://{text}"
    return address if address.startswith(("https://", "http://")) else ""
