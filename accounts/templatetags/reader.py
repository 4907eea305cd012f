from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.http import HttpRequest

from accounts.directory import reader_zone
from accounts.pages import Entry
from accounts.pages import client_menu as entries
from accounts.settings_registry import platform_setting
from lib.ui.times import clock, day_name

register = template.Library()


def clock_in_zone(request: HttpRequest, moment: datetime) -> str:
    """``9:42 AM`` in the reader's zone, which is named where it is not their own."""
    zone = reader_zone(request)
    return clock(moment.astimezone(ZoneInfo(zone))) + (" UTC" if zone == "UTC" else "")


@register.simple_tag(takes_context=True)
def when(context: dict[str, Any], moment: datetime) -> str:
    """``Today, 9:42 AM`` in the reader's zone."""
    zone = ZoneInfo(reader_zone(context["request"]))
    local, today = moment.astimezone(zone), datetime.now(zone).date()
    day = day_name(local.date(), today) or f"{local.day} {local:%b}"
    if local.year != today.year:
        day += f" {local.year}"
    return f"{day}, {clock(local)}"


@register.simple_tag(name="platform_setting")
def setting_tag(key: str) -> Any:
    return platform_setting(key)


@register.simple_tag(takes_context=True)
def client_menu(context: dict[str, Any], slug: str) -> list[Entry]:
    """The pages about one client that the reader may open."""
    return entries(context["request"], slug)
