import re

from django import forms

from lib.ui.forms import FormRenderer


class Visit(forms.Form):
    default_renderer = FormRenderer

    name = forms.CharField(help_text="As it is on the <door>")
    kind = forms.ChoiceField(choices=[("a", "A")])
    note = forms.CharField(widget=forms.Textarea(attrs={"class": "input-mono"}), required=False)
    agreed = forms.BooleanField()
    day = forms.ChoiceField(choices=[("m", "Monday")], widget=forms.RadioSelect, help_text="One of them")
    secret = forms.CharField(widget=forms.PasswordInput)
    ticket = forms.CharField(widget=forms.HiddenInput)

    def clean(self):
        raise forms.ValidationError("Closed on <Mondays>")


def tag(html: str, name: str) -> str:
    (found,) = re.findall(rf'<(?:input|select|textarea)[^>]*name="{name}"[^>]*>', html)
    return str(found)


def css_class(html: str, name: str) -> list[str]:
    return re.findall(r'class="([^"]+)"', tag(html, name))


def test_renderer_gives_each_control_the_designs_class():
    html = str(Visit())
    assert {name: css_class(html, name) for name in ("name", "kind", "note", "agreed")} == {
        "name": ["input"],
        "kind": ["select"],
        "note": ["textarea input-mono"],
        "agreed": ["check"],
    }


def test_renderer_draws_a_hidden_field_without_a_label():
    html = str(Visit())
    assert 'type="hidden"' in tag(html, "ticket")
    assert 'for="id_ticket"' not in html


def test_renderer_joins_hint_and_error_to_the_control():
    html = str(Visit({}))
    assert 'aria-invalid="true"' in tag(html, "name")
    assert 'aria-describedby="id_name_helptext id_name_error"' in tag(html, "name")
    for part in ("id_name_helptext", "id_name_error"):
        assert html.count(f'id="{part}"') == 1


def test_renderer_describes_a_group_of_choices_on_its_fieldset():
    html = str(Visit({}))
    assert re.search(r'<fieldset class="field"\s+aria-describedby="id_day_helptext id_day_error">', html)


def test_renderer_shows_errors_of_the_whole_form_escaped():
    html = str(Visit({}))
    assert re.search(
        r'<div class="callout callout-bad" role="alert">.*<b>Closed on &lt;Mondays&gt;</b>', html, re.DOTALL
    )
    assert "As it is on the &lt;door&gt;" in html


def test_renderer_hides_the_reveal_button_until_a_script_shows_it():
    assert re.search(r'<div class="input-end" hidden>\s*<button', str(Visit()))


def test_renderer_leaves_the_list_of_choices_unclassed():
    assert '<div class="choices"><div id="id_day">' in "".join(
        line.strip() for line in str(Visit()).splitlines()
    )
