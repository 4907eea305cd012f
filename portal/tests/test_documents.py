"""What the map names is there."""

import re

from django.conf import settings


def test_every_guard_of_the_map_exists() -> None:
    named = set(
        re.findall(r"`([a-z_/]+/tests/test_[a-z_]+\.py)", (settings.BASE_DIR / "ARCHITECTURE.md").read_text())
    )

    assert len(named) > 10
    assert {path for path in named if not (settings.BASE_DIR / path).is_file()} == set()
