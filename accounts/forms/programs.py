from django import forms


class ProgramForm(forms.Form):
    name = forms.CharField(
        label="Name of the program",
        max_length=100,
        help_text="For yourself, so that you know later what to end: “Reporting script”, “Zapier”.",
    )
