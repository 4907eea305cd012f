from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        from portal import celery, subscriptions  # noqa: F401  the app must be current before a task is published

        subscriptions.register()
