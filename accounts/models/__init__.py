from accounts.models.acting import ImpersonationSession
from accounts.models.audit import AuditEvent
from accounts.models.limits import RateLimit
from accounts.models.packages import CreditTransaction, PermissionMode, ServicePackage, Subscription
from accounts.models.people import ClientAssignment, Membership, User, UserManager
from accounts.models.platform import AppSetting
from accounts.models.second_factor import KnownPlace, MFAChallenge, MFASettings, Trigger
from accounts.models.sessions import TrustedDevice, UserSession
from accounts.models.tenants import Agency, Client, ClientProfile
from accounts.models.tokens import ActionToken

__all__ = [
    "ActionToken",
    "Agency",
    "AppSetting",
    "AuditEvent",
    "Client",
    "ClientAssignment",
    "ClientProfile",
    "CreditTransaction",
    "ImpersonationSession",
    "KnownPlace",
    "MFAChallenge",
    "MFASettings",
    "Membership",
    "PermissionMode",
    "RateLimit",
    "ServicePackage",
    "Subscription",
    "Trigger",
    "TrustedDevice",
    "User",
    "UserManager",
    "UserSession",
]
