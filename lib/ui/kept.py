"""``{% kept clients=shell.nav_clients chosen=slug %}…{% endkept %}``: drawn once for the same values, then repeated.

Inside the block nothing exists but the values that are named, so that what is kept cannot hold anything else of a
request: not another person's name, not a token. A value that cannot be a key is drawn anew every time.
"""

from typing import Any

from django.template import Context, Node, NodeList, TemplateSyntaxError
from django.template.base import FilterExpression, Parser, Token, token_kwargs

MOST = 256  # drawings of one block; the kept ones are dropped when they become more


class KeptNode(Node):
    child_nodelists = ("nodelist",)

    def __init__(self, nodelist: NodeList, values: dict[str, FilterExpression]) -> None:
        self.nodelist = nodelist
        self._values = values
        self._kept: dict[tuple[Any, ...], str] = {}

    def render(self, context: Context) -> str:
        if not self._values and () in self._kept:
            return self._kept[()]
        values = {name: each.resolve(context) for name, each in self._values.items()}
        key = tuple((type(value), value) for value in values.values())  # a safe text equals an unsafe one
        try:
            known = self._kept.get(key)
        except TypeError:  # not hashable
            return self.nodelist.render(context.new(values))
        return self._keep(key, self.nodelist.render(context.new(values))) if known is None else known

    def _keep(self, key: tuple[Any, ...], drawn: str) -> str:
        if len(self._kept) >= MOST:
            self._kept.clear()
        self._kept[key] = drawn
        return drawn


def kept(parser: Parser, token: Token) -> KeptNode:
    words = token.split_contents()[1:]
    values = token_kwargs(words, parser)
    if words:
        raise TemplateSyntaxError(f"{{% kept %}} takes name=value pairs, not {words[0]!r}.")
    nodelist = parser.parse(("endkept",))
    parser.delete_first_token()
    return KeptNode(nodelist, values)
