"""What runs Switchboard on one machine: its environment, its embedded servers, its supervisor.

Nothing of the applications in here; they know this package no more than it knows them. Only the fixtures of the
pytest plugin name Django.
"""
