import jinja2
import pytest
from django.template import engines

from lib.ui import parts, svg
from lib.ui.jinja import environment


def render(source: str, **context: object) -> str:
    return environment().from_string(source).render(**context)


def test_environment_draws_the_parts_unescaped():
    drawn = render(
        "{{ icon('check') }}{{ stars(4) }}{{ avatar('Ann Lee', 'red') }}{{ mark('Acme', 'blue') }}"
    )
    assert drawn == svg.icon("check") + parts.stars(4) + parts.avatar("Ann Lee", "red") + parts.mark(
        "Acme", "blue"
    )


def test_environment_escapes_text_even_if_told_not_to():
    for env in (environment(), environment(autoescape=False)):
        assert env.from_string("{{ name }}").render(name="<b>") == "&lt;b&gt;"


def test_environment_refuses_a_name_it_was_not_given():
    with pytest.raises(jinja2.UndefinedError):
        render("{{ nmae }}")


def test_environment_knows_addresses_and_static_files():
    assert render("{{ url('account_login') }}") == "/accounts/login/"
    assert render("{{ static('img/icon.svg') }}").startswith("/static/img/icon.")


def test_tags_draw_the_same_in_django_templates():
    source = "{% icon 'check' %}{% stars 4 %}{% avatar 'Ann Lee' 'red' %}{% mark '<b>' 'blue' %}"
    drawn = svg.icon("check") + parts.stars(4) + parts.avatar("Ann Lee", "red") + parts.mark("<b>", "blue")
    assert engines["django"].from_string(source).render() == drawn
