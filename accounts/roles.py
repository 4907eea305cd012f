"""The nine roles. Superusers are none of them: they act through Django admin."""

from django.db import models


class Role(models.TextChoices):
    AGENCY_OWNER = "agency_owner", "Agency owner"
    AGENCY_ADMIN = "agency_admin", "Agency admin"
    AGENCY_MEMBER = "agency_member", "Agency member"
    BDR = "bdr", "Business development rep"
    EDITOR = "editor", "Editor"
    CLIENT_OWNER = "client_owner", "Client owner"
    CLIENT_ADMIN = "client_admin", "Client admin"
    CLIENT_MEMBER = "client_member", "Client member"
    CLIENT_VIEWER = "client_viewer", "Client viewer"


AGENCY_ROLES = (Role.AGENCY_OWNER, Role.AGENCY_ADMIN, Role.AGENCY_MEMBER, Role.BDR, Role.EDITOR)
CLIENT_ROLES = (Role.CLIENT_OWNER, Role.CLIENT_ADMIN, Role.CLIENT_MEMBER, Role.CLIENT_VIEWER)
