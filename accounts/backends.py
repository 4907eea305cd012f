from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from accounts.models import User
from accounts.principal import load_principal


class PrincipalBackend(AuthenticationBackend):
    """allauth's sign-in; on later requests the person arrives with their memberships, in one round trip."""

    def get_user(self, user_id: Any) -> User | None:
        principal = load_principal(user_id)
        if principal is None or not self.user_can_authenticate(principal.user):
            return None
        principal.user.principal = principal  # type: ignore[attr-defined]
        return principal.user
