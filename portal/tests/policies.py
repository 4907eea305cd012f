"""What every view asks for, written down a second time: a check that is weakened in the code is missed here.

A route is "public", open to anybody "signed in", open to who is "acting" as a client, or asks for a capability, at a
level (in the letters of the permission table), on a side.
"""

Policy = str | tuple[str, str, str]
POLICIES: dict[str, Policy] = {
    "accounts:acting": ("clients.act_as", "O", "staff"),
    "accounts:acting_changes": "acting",
    "accounts:acting_start": ("clients.act_as", "O", "staff"),
    "accounts:acting_stop": "signed in",
    "accounts:audit": ("audit.read", "R", "any"),
    "accounts:audit_csv": ("audit.read", "R", "any"),
    "accounts:roles": ("own.security", "R", "any"),
    "accounts:take_seat": "signed in",
    "accounts:visits": ("audit.read", "R", "any"),
    "crm:categorise": ("calls.judge", "W", "any"),
    "crm:client": ("ctm.sync", "R", "staff"),
    "crm:clients": ("clients.profile", "R", "staff"),
    "crm:connect": ("ctm.connect", "R", "staff"),
    "crm:ctm_webhook": "public",
    "crm:inbox": ("leads.see", "R", "staff"),
    "crm:inbox_call": ("leads.see", "R", "staff"),
    "crm:move": ("leads.edit", "O", "any"),
    "crm:note": ("leads.edit", "O", "any"),
    "crm:rate": ("calls.judge", "W", "any"),
    "crm:recording": ("calls.listen", "R", "any"),
    "crm:sync_now": ("ctm.sync", "A", "staff"),
    "crm:tag": ("leads.edit", "O", "any"),
    "crm:unread": ("leads.edit", "O", "staff"),
    "crm:untag": ("leads.edit", "O", "any"),
    "healthz": "public",
    "notifications:follow": ("own.security", "R", "staff"),
    "notifications:list": ("own.security", "R", "staff"),
    "notifications:read_all": ("own.security", "R", "staff"),
    "portal:call": ("leads.see", "R", "client"),
    "portal:calls": ("leads.see", "R", "client"),
    "portal:home": ("leads.see", "R", "client"),
    "portal:lead": ("leads.see", "R", "client"),
    "portal:leads": ("leads.see", "R", "client"),
    "portal:start": "signed in",
    "portal:theme": "public",
}
