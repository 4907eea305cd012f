"""The design's parts as template tags. Registered as builtins: templates need no {% load %}."""

from django import template

from lib.ui import charts, fonts, forms, parts, svg

register = template.Library()

for part in (
    svg.icon,
    svg.logo,
    parts.avatar,
    parts.mark,
    parts.stars,
    parts.rating,
    charts.ring,
    charts.sparkline,
    charts.stacked_columns,
    charts.waveform,
    forms.control,
    fonts.font_links,
):
    register.simple_tag(part)
