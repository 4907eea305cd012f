"""The Jinja2 environment, for the rows of long lists only: there Django's engine is most of a page's cost."""

from typing import Any

import jinja2
from django.templatetags.static import static
from django.urls import reverse

from lib.ui import parts, svg


def environment(**options: Any) -> jinja2.Environment:
    """Named by TEMPLATES["OPTIONS"]["environment"]. Escapes always, and a name that is not passed is an error."""
    options |= {"undefined": jinja2.StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    options.pop("autoescape", None)
    env = jinja2.Environment(autoescape=True, **options)
    env.globals.update(
        icon=svg.icon,
        avatar=parts.avatar,
        mark=parts.mark,
        stars=parts.stars,
        static=static,
        url=url,
    )
    return env


def url(name: str, *args: object, **kwargs: object) -> str:
    return reverse(name, args=args, kwargs=kwargs)
