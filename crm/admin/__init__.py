from crm.admin import calls, people, suppression, work

__all__ = ["calls", "people", "suppression", "work"]
