from django.db import models


class AppSetting(models.Model):
    """A setting of the whole platform. What keys there are, and of what type, is in ``accounts.settings_registry``."""

    key = models.CharField(max_length=100, primary_key=True)
    value = models.JSONField(null=True, blank=True)
    description = models.TextField(blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("key",)

    def __str__(self) -> str:
        return self.key
