from django.apps import AppConfig
from django.db.backends.signals import connection_created

from accounts import scope


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import receivers  # names models

        connection_created.connect(scope.install, dispatch_uid="accounts.scope")
        receivers.connect()
