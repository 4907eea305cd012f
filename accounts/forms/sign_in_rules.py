from django import forms


class AgencyRulesForm(forms.Form):
    always = forms.BooleanField(
        label="Ask everybody at every sign-in",
        required=False,
        help_text="Your staff and your clients’ people. Trusted devices no longer count.",
    )
    by_risk = forms.BooleanField(
        label="Ask when a sign-in looks unusual",
        required=False,
        help_text="A new device, address or country, or a month without a visit.",
    )
    staff_email = forms.BooleanField(
        label="Let staff use codes by e-mail",
        required=False,
        help_text="Weaker: whoever reads their mail gets in. Otherwise they need an app or a passkey.",
    )
