"""Run as ``python -m bench.within MODULE ARGUMENTS``: calls ``bench.MODULE.main`` with Django set up.

In a process of its own, because one process can have one set of settings: the product's or the floor's.
"""

import sys
from importlib import import_module

import django

if __name__ == "__main__":
    django.setup()
    import_module(f"bench.{sys.argv[1]}").main(*sys.argv[2:])
