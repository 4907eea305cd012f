"""Put one changed function into modules that are loaded already, so that a mutant costs a fork and not a start."""

import ast
import sys
from types import ModuleType
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from bench.mutants.source import APPS, Mutant

AT_THE_START = ("accounts/access.py",)  # its decorators have done their work when a mutant comes


class Cold(Exception):
    """The change is not inside a function that can be put in by itself."""


def put_in(mutant: Mutant, text: bytes) -> None:
    """Give the loaded modules the function that ``mutant`` changes in ``text``, wherever they hold it.

    Raises `Cold` for what is decided while a module is loaded.
    """
    module = sys.modules.get(mutant.path.removesuffix(".py").replace("/", "."))
    if module is None or mutant.path in AT_THE_START:
        raise Cold
    tree = ast.parse(mutant.apply(text))
    outer, node = _around(tree, ast.parse(text), mutant)
    made: dict[str, Any] = {}
    code = compile(ast.Module([node], []), mutant.path, "exec")
    exec(code, vars(module), made)
    if outer is not None:
        setattr(getattr(module, outer), node.name, made[node.name])
        return
    _rebind(getattr(module, node.name), made[node.name])


def _around(changed: ast.Module, before: ast.Module, mutant: Mutant) -> tuple[str | None, ast.FunctionDef]:
    """(name of the class or None, the function) of the changed tree where the tree before holds the mutant's line."""
    for new, old in zip(changed.body, before.body, strict=True):
        if not _holds(old, mutant.line):
            continue
        if isinstance(new, ast.FunctionDef):
            return None, new
        if isinstance(new, ast.ClassDef) and isinstance(old, ast.ClassDef):
            for inner, was in zip(new.body, old.body, strict=True):
                if (
                    isinstance(inner, ast.FunctionDef)
                    and _holds(was, mutant.line)
                    and "super()" not in ast.unparse(inner)
                ):
                    return new.name, inner
    raise Cold


def _holds(node: ast.stmt, line: int) -> bool:
    first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
    return bool(first <= line <= (node.end_lineno or node.lineno))


def _rebind(old: object, new: object) -> None:
    for module in list(sys.modules.values()):
        if isinstance(module, ModuleType) and module.__name__.split(".")[0] in APPS:
            for name, value in list(vars(module).items()):
                if value is old:
                    setattr(module, name, new)
    _reroute(get_resolver().url_patterns, old, new)


def _reroute(patterns: list[Any], old: object, new: Any) -> None:
    for each in patterns:
        if isinstance(each, URLResolver):
            _reroute(each.url_patterns, old, new)
        elif isinstance(each, URLPattern) and each.callback is old:
            each.callback = new
