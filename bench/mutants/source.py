"""What to take away in the source: the policy of a view, a door to a tenant's rows, a condition written by hand."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

APPS = ("accounts", "crm", "integrations", "notifications", "portal")
DOORS = ("for_actor", "for_client")
# Where an ``if`` that refuses is taken away: what decides who may, and every view.
GUARDED = (
    "accounts/access.py",
    "accounts/acting_middleware.py",
    "accounts/authority.py",
    "accounts/gate.py",
    "accounts/services/acting.py",
    "accounts/tenancy.py",
    "/views/",
    "/views.py",
)
POLICIES = ("requires", "signed_in", "while_acting", "fresh_proof")


@dataclass(frozen=True, slots=True)
class Mutant:
    """``before`` is what stands in ``path`` from ``start`` to ``end``, ``after`` what it is replaced by."""

    path: str
    line: int
    start: int
    end: int
    kind: str
    before: str
    after: str

    @property
    def name(self) -> str:
        return f"{self.path}:{self.line} {self.kind}: {self.before} -> {self.after or 'nothing'}"

    def apply(self, text: bytes) -> bytes:
        if text[self.start : self.end].decode() != self.before:
            raise ValueError(f"{self.path} is not the file that was read")
        return text[: self.start] + self.after.encode() + text[self.end :]


def mutants(root: Path) -> list[Mutant]:
    """Every mutant of the tree, in the order of files and lines."""
    found = []
    for app in APPS:
        for path in sorted((root / app).rglob("*.py")):
            inside = path.relative_to(root).parts
            if "tests" not in inside and "migrations" not in inside:
                found += list(_of_file(str(path.relative_to(root)), path.read_bytes()))
    return sorted(found, key=lambda each: (each.path, each.line, each.start))


def _of_file(path: str, text: bytes) -> Iterator[Mutant]:
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def change(node: ast.expr, kind: str, after: str) -> Mutant:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start, end = (
            starts[node.lineno - 1] + node.col_offset,
            starts[node.end_lineno - 1] + node.end_col_offset,
        )
        return Mutant(path, node.lineno, start, end, kind, text[start:end].decode(), after)

    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                for kind, after in _weaker(decorator):
                    yield change(decorator, kind, after)
        if isinstance(node, ast.If) and isinstance(node.body[0], ast.Raise) and _is_guarded(path):
            yield change(node.test, "guard", "False")
        if isinstance(node, ast.Call) and (after := _opened(node)):
            yield change(node, "door", after)


def _is_guarded(path: str) -> bool:
    return any(each in path for each in GUARDED)


def _weaker(decorator: ast.expr) -> Iterator[tuple[str, str]]:
    """(kind, what to say instead) of a policy."""
    call = decorator if isinstance(decorator, ast.Call) else None
    name = ast.unparse(call.func if call else decorator)
    if name not in POLICIES:
        return
    if name == "signed_in":
        yield "policy", '__import__("accounts.access").access.public'
    elif name == "fresh_proof":
        yield "policy", "(lambda view: view)"
    else:
        yield "policy", '__import__("accounts.access").access.signed_in'
    if call and name == "requires":
        yield from _less_said(call)


def _less_said(call: ast.Call) -> Iterator[tuple[str, str]]:
    if any(word.arg == "side" for word in call.keywords):
        kept = [word for word in call.keywords if word.arg != "side"]
        yield "side", ast.unparse(ast.Call(call.func, call.args, kept))
    named = [word for word in call.keywords if word.arg == "at_least"]
    if len(call.args) > 1 or named:
        kept = [word for word in call.keywords if word.arg != "at_least"]
        yield "level", ast.unparse(ast.Call(call.func, call.args[:1], kept))


def _opened(call: ast.Call) -> str:
    """``Row.objects.for_actor(x)`` to all rows; a condition to one that always holds; "" for other calls."""
    if not isinstance(call.func, ast.Attribute):
        return ""
    value = call.func.value
    if call.func.attr in DOORS:
        is_manager = isinstance(value, ast.Attribute) and value.attr == "objects"
        return f"{ast.unparse(value)}.{'_open' if is_manager else 'all'}()"
    return '("true", [])' if call.func.attr == "condition" and call.args else ""
