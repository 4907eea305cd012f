from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from accounts.models import User
from accounts.password_cost import even_out
from accounts.principal import load_principal
from accounts.services.sign_in import Attempt


class PrincipalBackend(ModelBackend):
    """Sign-in by e-mail and password. On later requests the person comes with their memberships, in one round trip."""

    def authenticate(  # type: ignore[override]
        self, request: HttpRequest | None, email: str = "", password: str = "", **_: Any
    ) -> User | None:
        """The person, or None in the same time and silence for all who are refused.

        No password is tried that was not counted: a view that asks for one bears `accounts.attempts.counted`. What is
        over the limit is not hashed, which is so for unknown addresses as well.
        """
        attempt: Attempt = request.attempt  # type: ignore[union-attr]
        request.password_tried = True  # type: ignore[union-attr]
        if not attempt.allowed or not password:
            return None
        user = User.objects.by_address(email)
        kept = user.password if user else None  # a right one of another kind is replaced by the check
        right = user is not None and user.check_password(password)
        if right and self.user_can_authenticate(user):
            return user
        even_out(password, kept, right=right)
        return None

    def get_user(self, user_id: Any) -> User | None:
        principal = load_principal(user_id)
        if principal is None or not self.user_can_authenticate(principal.user):
            return None
        principal.user.principal = principal  # type: ignore[attr-defined]
        return principal.user
