from django.db import models


class Channel(models.TextChoices):
    """The ways to reach a person, in the seeds' words."""

    EMAIL = "email", "E-mail"
    SMS = "sms", "Text message"
    LINKEDIN = "linkedin", "LinkedIn"
    VOICE = "voice", "Phone"
    MAIL = "mail", "Letter"
    OTHER = "other", "Other"
