import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.utils.safestring import mark_safe

from lib.ui.kept import MOST


class Counter:
    def __init__(self) -> None:
        self.calls = 0

    def drawn(self) -> int:
        self.calls += 1
        return self.calls


def test_kept_block_is_drawn_once_for_the_same_values() -> None:
    counter = Counter()
    template = Template("{% kept name=name counter=counter %}{{ name }} {{ counter.drawn }}{% endkept %}")

    drawn = [template.render(Context({"name": name, "counter": counter})) for name in ("a", "b", "a", "b")]

    assert drawn == ["a 1", "b 2", "a 1", "b 2"]


def test_kept_block_sees_nothing_but_its_values() -> None:
    template = Template("{% kept name=name %}{{ name }}|{{ secret }}|{{ csrf_token }}{% endkept %}")

    assert template.render(Context({"name": "a", "secret": "s", "csrf_token": "t"})) == "a||"


def test_kept_block_escapes() -> None:
    template = Template("{% kept name=name %}{{ name }}{% endkept %}")

    assert template.render(Context({"name": "<b>"})) == "&lt;b&gt;"


def test_kept_block_tells_safe_text_from_unsafe() -> None:
    template = Template("{% kept name=name %}{{ name }}{% endkept %}")

    assert [template.render(Context({"name": name})) for name in (mark_safe("<b>"), "<b>")] == [
        "<b>",
        "&lt;b&gt;",
    ]


def test_kept_block_draws_anew_what_cannot_be_a_key() -> None:
    template = Template("{% kept names=names %}{{ names|length }}{% endkept %}")

    assert [template.render(Context({"names": names})) for names in ([1], [1, 2])] == ["1", "2"]


def test_kept_block_does_not_grow_without_end() -> None:
    template = Template("{% kept n=n %}{{ n }}{% endkept %}")

    drawn = [template.render(Context({"n": n})) for n in range(MOST * 2 + 1)]

    assert drawn == [str(n) for n in range(MOST * 2 + 1)]
    assert len(template.nodelist[0]._kept) == 1  # type: ignore[attr-defined]


def test_kept_block_refuses_what_has_no_name() -> None:
    with pytest.raises(TemplateSyntaxError):
        Template("{% kept name %}{% endkept %}")
