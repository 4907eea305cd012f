"""What a form that was open for a while may write. Two who change one row at once lose nothing of what they typed."""

from collections.abc import Mapping


class EditConflict(Exception):
    """Somebody changed the same fields meanwhile; ``theirs`` is what stands there now, by field, as text."""

    def __init__(self, theirs: Mapping[str, str], current: Mapping[str, str]) -> None:
        super().__init__(", ".join(theirs))
        self.theirs, self.current = theirs, current


def changed_fields(
    *, seen: Mapping[str, str], mine: Mapping[str, str], current: Mapping[str, str]
) -> list[str]:
    """The fields to write: those of ``mine`` that differ from ``seen``, which is how the form first showed them.

    What others changed meanwhile stays, unless the same field was changed to something else: `EditConflict`.
    """
    changed = [name for name, text in mine.items() if text != seen.get(name, "") and text != current[name]]
    theirs = {name: current[name] for name in changed if current[name] != seen.get(name, "")}
    if theirs:
        raise EditConflict(theirs, current)
    return changed
