from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedAdapter(DefaultAccountAdapter):
    """People come in by invitation only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def get_login_stages(self) -> list[str]:
        """Without allauth's second factor: who must show one is decided at the gate, see `accounts.arrivals`."""
        return [stage for stage in super().get_login_stages() if not stage.startswith("allauth.mfa.")]
