"""One way to draw a form: every field goes through templates/components/field.html."""

from django.forms import BoundField
from django.forms.renderers import TemplatesSetting
from django.utils.safestring import SafeString

_CLASSES = {
    "select": "select",
    "selectmultiple": "select",
    "nullbooleanselect": "select",
    "textarea": "textarea",
    "checkbox": "check",
}


class FormRenderer(TemplatesSetting):
    form_template_name = "components/form.html"
    field_template_name = "components/field.html"


def control(field: BoundField) -> SafeString:
    """The field's input with the design's class. Django adds aria-invalid and aria-describedby itself."""
    own = field.field.widget.attrs.get("class", "")
    drawn = "" if field.use_fieldset else _CLASSES.get(field.widget_type, "input")
    css_class = f"{drawn} {own}".strip()
    return field.as_widget(attrs={"class": css_class} if css_class else {})
