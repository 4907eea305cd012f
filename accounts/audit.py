"""What goes into the audit log: the kinds of events, and what must never be in them."""

from collections.abc import Mapping
from typing import Any

# event type: (category, in words)
EVENTS = {
    # authentication
    "login_success": ("authentication", "Signed in"),
    "login_failed": ("authentication", "Sign-in refused"),
    "logout": ("authentication", "Signed out"),
    "new_device": ("authentication", "Signed in from a new device"),
    "account_locked": ("authentication", "Sign-in locked after too many tries"),
    "address_paused": ("authentication", "Sign-in paused for an address after too many tries"),
    "account_unlocked": ("authentication", "Sign-in unlocked"),
    "password_changed": ("authentication", "Changed the password"),
    "password_reset_requested": ("authentication", "Asked for a new password"),
    "password_reset": ("authentication", "Set a new password by mail"),
    "email_changed": ("authentication", "Changed the e-mail address"),
    "email_verified": ("authentication", "Verified the e-mail address"),
    "social_connected": ("authentication", "Connected another way to sign in"),
    "social_disconnected": ("authentication", "Removed another way to sign in"),
    # second factor
    "mfa_challenge": ("mfa", "Was asked for a second factor"),
    "mfa_success": ("mfa", "Proved a second factor"),
    "mfa_failed": ("mfa", "Second factor refused"),
    "mfa_enrolled": ("mfa", "Added a second factor"),
    "mfa_removed": ("mfa", "Removed a second factor"),
    "mfa_required": ("mfa", "Changed when a second factor is asked for"),
    "mfa_preference": ("mfa", "Chose which second factor comes first"),
    "passkey_renamed": ("mfa", "Renamed a passkey"),
    "backup_codes_made": ("mfa", "Made new backup codes"),
    "device_trusted": ("mfa", "Trusted a device"),
    "device_untrusted": ("mfa", "Took back the trust in a device"),
    # session
    "seat_taken": ("session", "Changed seat"),
    "session_ended": ("session", "Ended a session"),
    "sessions_ended": ("session", "Ended all other sessions"),
    "session_reused": ("session", "An old session key was used again"),
    "program_connected": ("session", "Connected a program"),
    "acting_started": ("session", "Began to act as a client"),
    "acting_raised": ("session", "May change things as the client"),
    "acting_ended": ("session", "Stopped acting as a client"),
    # people
    "invited": ("people", "Invited somebody"),
    "invitation_sent_again": ("people", "Sent an invitation again"),
    "invitation_revoked": ("people", "Took back an invitation"),
    "invitation_accepted": ("people", "Accepted an invitation"),
    "link_refused": ("people", "A mailed link was refused"),
    "role_changed": ("people", "Changed somebody's role"),
    "membership_ended": ("people", "Ended somebody's membership"),
    "person_deactivated": ("people", "Deactivated a login"),
    "person_reactivated": ("people", "Reactivated a login"),
    "profile_changed": ("people", "Changed their profile"),
    # house
    "client_created": ("house", "Created a client"),
    "client_changed": ("house", "Changed a client"),
    "client_status_changed": ("house", "Changed a client's status"),
    "client_assigned": ("house", "Assigned somebody to a client"),
    "client_unassigned": ("house", "Took somebody off a client"),
    "agency_changed": ("house", "Changed the agency"),
    "branding_changed": ("house", "Changed the branding"),
    "package_changed": ("house", "Changed a package"),
    "subscription_changed": ("house", "Changed a subscription"),
    "credits_moved": ("house", "Moved credits"),
    "campaign_changed": ("house", "Changed a campaign"),
    "setting_changed": ("house", "Changed a setting of the platform"),
    "pipeline_changed": ("house", "Changed a pipeline"),
    "scoring_weights_changed": ("house", "Changed what scores are added up with"),
    "service_changed": ("house", "Changed what a client sells"),
    "redaction_policy_changed": ("data", "Changed when words are destroyed"),
    "concerns_consent_changed": ("data", "Let the agency read concerns, or no longer"),
    "concerns_read": ("data", "Read what people told in confidence"),
    # secrets and data
    "credential_set": ("secrets", "Set credentials"),
    "leads_merged": ("data", "Merged people"),
    "merge_undone": ("data", "Undid a merge"),
    "lead_archived": ("data", "Archived a person"),
    "lead_restored": ("data", "Took a person out of the archive"),
    "lead_erased": ("data", "Erased a person"),
    "company_changed": ("data", "Changed a company"),
    "sync_requested": ("data", "Asked for a sync"),
    "recording_heard": ("data", "Listened to a recording"),
    "audit_exported": ("data", "Exported the audit log"),
    "suppression_added": ("data", "Added to a do-not-contact list"),
    "suppression_removed": ("data", "Removed from a do-not-contact list"),
    "suppression_imported": ("data", "Imported a do-not-contact list"),
    "suppression_exported": ("data", "Exported a do-not-contact list"),
    # people
    "form_saved": ("data", "Made or changed a web form"),
    "form_address_renewed": ("data", "Gave a web form a new address"),
    "import_started": ("data", "Imported a list of people"),
    "import_undone": ("data", "Undid an import"),
    "leads_exported": ("data", "Exported a list of leads"),
    "calls_exported": ("data", "Exported a list of calls"),
    "view_changed": ("data", "Changed a shared view"),
    "market_changed": ("house", "Changed a market"),
    "market_deleted": ("house", "Deleted a market"),
    "tag_changed": ("data", "Changed a tag"),
    "tag_deleted": ("data", "Deleted a tag"),
}
CATEGORIES = sorted({category for category, _ in EVENTS.values()})
SECRET_WORDS = ("password", "secret", "token", "code", "key", "otp", "seed", "authorization", "cookie")
REMOVED = "[removed]"


def scrubbed(details: Mapping[str, Any]) -> dict[str, Any]:
    """``details`` without values whose names say that they are secret, at any depth."""
    return {name: REMOVED if _is_secret(name) else _inner(value) for name, value in details.items()}


def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in SECRET_WORDS)


def _inner(value: Any) -> Any:
    if isinstance(value, Mapping):
        return scrubbed(value)
    if isinstance(value, list | tuple):
        return [_inner(each) for each in value]
    return value if isinstance(value, bool | int | float | str | None) else str(value)
