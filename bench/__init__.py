"""Measurements against floors that no Django page can beat by much: bin/bench inbox."""
