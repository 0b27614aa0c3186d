"""This project's own rules of the source, beside ruff's; `dev.py lint` runs them.

- ``select_for_update`` says its strength (``no_key``): a full lock blocks whatever points here.
- No lookup is made of what a request sent (``filter(**request.GET)``): a whitelist stands between.
- No form or serializer takes ``"__all__"``: a new column would be open at once.
"""

import ast
import sys
from collections.abc import Iterator

from devtools.environment import ROOT

PACKAGES = ("marketplace", "matching")
LOOKUPS = {"filter", "exclude", "get", "get_or_create", "update_or_create", "update", "create"}
SENT = {"GET", "POST", "data", "query_params", "cleaned_data"}


def main() -> int:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {words}"
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if "migrations" not in path.parts
        for line, words in broken(path.read_text())
    ]
    print("\n".join(found))
    return 1 if found else 0


def broken(source: str) -> Iterator[tuple[int, str]]:
    """(line, rule) for each place of a module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield from ((node.lineno, words) for words in _of_call(node, node.func.attr))
        elif isinstance(node, ast.Assign) and _takes_all(node):
            yield node.lineno, 'fields = "__all__": name the fields'


def _of_call(call: ast.Call, name: str) -> Iterator[str]:
    named = {one.arg for one in call.keywords}
    if name == "select_for_update" and "no_key" not in named:
        yield "select_for_update without no_key: say how strong the lock is"
    if name in LOOKUPS and any(one.arg is None and _is_sent(one.value) for one in call.keywords):
        yield f"{name}(**request data): let a whitelist stand between"


def _is_sent(value: ast.expr) -> bool:
    return any(isinstance(one, ast.Attribute) and one.attr in SENT for one in ast.walk(value))


def _takes_all(node: ast.Assign) -> bool:
    names = {one.id for one in node.targets if isinstance(one, ast.Name)}
    return (
        "fields" in names
        and isinstance(node.value, ast.Constant)
        and (node.value.value == "__all__")
    )


if __name__ == "__main__":
    sys.exit(main())
