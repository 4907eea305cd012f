"""What the database watches so that no score is forgotten: the facts that scores count, by table.

A change of any of these columns writes a row of `ScoreDue` in the transaction that makes it. The migration is made of
these tables as they stood; a column that is added here needs another one.
"""

# table: (the column that names the lead, the columns that are watched)
WATCHED: dict[str, tuple[str, tuple[str, ...]]] = {
    "crm_lead": (
        "id",
        (
            "email", "email_status", "phone_e164", "phone_is_wrong", "linkedin_url", "company_id", "company_name",
            "title", "seniority", "source", "sentiment", "archived_at", "erased_at",
        ),
    ),
    "crm_call": (
        "lead_id",
        (
            "lead_id", "kind", "direction", "started_at", "duration_seconds", "talk_seconds", "answered", "rating",
            "category", "disposition",
        ),
    ),
    "crm_callback": ("lead_id", ("lead_id", "done_at")),
}  # fmt: skip
