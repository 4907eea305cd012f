from typing import Any

from django import template
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.simple_tag
def lead_table(rows: SafeString, headings: list[Any], pick: bool) -> SafeString:
    """The table of a list of leads, whose rows are drawn already."""
    page = get_template("crm/lead_rows.html", using="jinja2")
    return mark_safe(page.render({"rows": rows, "headings": headings, "pick": pick}))  # noqa: S308  it has escaped them
