"""The design's parts as template tags. Registered as builtins: templates need no {% load %}."""

from django import template

from lib.ui import assets, charts, forms, kept, parts, svg

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
    assets.stylesheets,
    assets.app_script,
):
    register.simple_tag(part)
register.tag(kept.kept)
