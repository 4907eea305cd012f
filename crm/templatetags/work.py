"""What the pages of the daily work say: money, days, and how things stand."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import template
from django.http import HttpRequest
from django.template.loader import get_template
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from accounts.directory import reader_zone
from crm.board import Card
from crm.presenting import around_id, shown_number
from lib.money import shown, shown_all

register = template.Library()


@register.simple_tag
def money(amount: Decimal | None, currency: str = "USD") -> str:
    return "" if amount is None else shown(amount, currency)


@register.simple_tag(takes_context=True)
def lead_url(context: dict[str, Any], lead_id: UUID) -> str:
    """Where the reader finds a person's own page."""
    actor = context["request"].actor
    return reverse("crm:lead" if actor.is_staff else "portal:lead", args=[lead_id])


@register.simple_tag(takes_context=True)
def board_cards(
    context: dict[str, Any], cards: list[Card], lost: bool = False, oob: bool = False
) -> SafeString:
    """Cards of the board; ``oob`` lets htmx put them in the place of those that are there. Hundreds on a page."""
    request = context["request"]
    html = get_template("crm/board_cards.html", using="jinja2").render(
        {
            "cards": cards,
            "lost": lost,
            "oob": oob,
            "may_edit": context.get("may_edit"),
            "page": around_id("crm:lead" if request.actor.is_staff else "portal:lead"),
            "move": around_id("crm:pipeline_card"),
            "money": shown,
            "number": shown_number,
            "is_late": is_late,
            "due": days_of(request),
        }
    )
    return mark_safe(html)  # noqa: S308  the engine has escaped it


@register.filter
def sums(amounts: Mapping[str, Decimal]) -> str:
    return shown_all(amounts)


@register.simple_tag(takes_context=True)
def due(context: dict[str, Any], moment: datetime) -> str:
    """``Today``, ``Tomorrow``, ``Mon 23 Nov``, ``3 Feb 2027`` in the reader's zone."""
    return days_of(context["request"])(moment)


def days_of(request: HttpRequest) -> Callable[[datetime], str]:
    """How the reader is told the day of a moment."""
    zone = ZoneInfo(reader_zone(request))
    today = datetime.now(zone).date()
    return lambda moment: day_words(moment.astimezone(zone).date(), today)


@register.simple_tag
def is_late(moment: datetime | None) -> bool:
    return moment is not None and moment < datetime.now(moment.tzinfo)


@register.filter
def day(value: date | None) -> str:
    """``23 Nov 2026``"""
    return "" if value is None else f"{value.day} {value:%b %Y}"


def day_words(wanted: date, today: date) -> str:
    apart = (wanted - today).days
    if apart in (-1, 0, 1):
        return ("Yesterday", "Today", "Tomorrow")[apart + 1]
    if wanted.year != today.year:
        return f"{wanted.day} {wanted:%b %Y}"
    return f"{wanted:%a} {wanted.day} {wanted:%b}"
