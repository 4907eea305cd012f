from functools import cache

from django.urls import reverse


@cache
def address(route: str) -> str:
    """The address of a route that takes nothing, looked up once: routes do not change while a process runs."""
    return reverse(route)
