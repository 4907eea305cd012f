"""From a file of people to leads: what a file says, which column means what, and what becomes of each row.

Plain Python; nothing here asks the database or the clock.
"""
