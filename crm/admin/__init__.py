from crm.admin import calls, people, work

__all__ = ["calls", "people", "work"]
