from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.addresses import client_ip, network_of
from accounts.next_page import is_safe
from accounts.services.sign_in import proved_again

# One sentence for every refusal. It tells of pauses beforehand, because when there is one it must not tell.
REFUSED = (
    "That email and password do not go together. After five wrong tries sign-in pauses for a few minutes; "
    "we then send a mail to say so."
)


class NotOurMail(Exception):
    """A page of allauth's wants to send a mail of its own: what it is about has a page, words and looks here."""


class ClosedAdapter(DefaultAccountAdapter):
    """People come in by invitation only."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": REFUSED,
        "too_many_login_attempts": REFUSED,
        "incorrect_password": "That is not your password. Please try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:  # noqa: ARG002
        """Everything that is mailed goes through `accounts.services.mailing`, in the house's looks."""
        raise NotOurMail(template_prefix)

    def get_login_stages(self) -> list[str]:
        """Without allauth's second factor: who must show one is decided at the gate, see `accounts.arrivals`."""
        return [stage for stage in super().get_login_stages() if not stage.startswith("allauth.mfa.")]

    def get_client_ip(self, request: HttpRequest) -> str:
        """What allauth's own limits count by. It wants an address, and gets ours of one that cannot be read."""
        return client_ip(request) or network_of(None)

    def is_safe_url(self, url: str) -> bool:
        return is_safe(self.request, url)

    def reauthenticate(self, user: Any, password: str) -> bool:
        """Ask by the address that people sign in with; allauth would ask by a table of its own."""
        found: bool = self.authenticate(self.request, email=user.email, password=password) == user
        if found:
            proved_again(attempt=self.request.attempt)
        return found

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:  # noqa: ARG002
        """To those who come another way than by password: as if nobody had been found."""
        messages.error(request, "We found nobody here to sign in. Whoever invited you can help.")
        return redirect("account_login")
