from allauth.account.views import LoginView
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.providers import configured, let_forms_lead_out

_view = LoginView.as_view(extra_context={"providers": configured})


@login_not_required
def login(request: HttpRequest) -> HttpResponseBase:
    """allauth's page, with the other ways to sign in that this site has."""
    return let_forms_lead_out(_view(request))
