from datetime import datetime

from django import template

from crm.models import Channel
from lib.phones import display
from lib.ui.times import clock

register = template.Library()
CHANNELS = dict(Channel.choices)


@register.filter
def phone_words(e164: str) -> str:
    """``(512) 555-0148``"""
    return display(e164)


@register.filter
def their_clock(due_there: datetime) -> str:
    """``11:00 AM there``"""
    return f"{clock(due_there)} there"


@register.filter
def channel_words(channel: str) -> str:
    return str(CHANNELS.get(channel, channel))
