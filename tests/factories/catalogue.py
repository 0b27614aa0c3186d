"""A .po file as it is written. No package: its form is simple, and GNU gettext may be absent."""

import ast
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """A text with what is known of it. ``key``: by which a compiled catalogue finds it."""

    context: str
    text: str
    plural: str
    translation: str
    flags: frozenset[str]

    @property
    def key(self) -> str:
        return f"{self.context}\x04{self.text}" if self.context else self.text

    @property
    def original(self) -> str:
        """The text with all its placeholders: of two numbers the plural."""
        return self.plural or self.text


def read(path: Path) -> list[Entry]:
    """Every entry but the header, in order. Chinese has one plural."""
    blocks = path.read_text(encoding="utf-8").split("\n\n")
    return [entry for entry in map(_entry, blocks) if entry.text]


def _entry(block: str) -> Entry:
    found: dict[str, str] = {}
    flags: set[str] = set()
    name = ""
    for line in block.splitlines():
        if line.startswith("#"):
            flags |= {flag.strip() for flag in line[2:].split(",")} if line[:2] == "#," else set()
            continue
        keyword, quote, rest = line.partition('"')
        name = keyword.strip() or name
        found[name] = found.get(name, "") + ast.literal_eval(quote + rest)
    return Entry(
        context=found.get("msgctxt", ""),
        text=found.get("msgid", ""),
        plural=found.get("msgid_plural", ""),
        translation=found.get("msgstr", found.get("msgstr[0]", "")),
        flags=frozenset(flags),
    )
