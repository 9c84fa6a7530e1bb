"""What a model's file is, its other formats, and which versions were tried."""

from __future__ import annotations

from collections.abc import Iterator

from reports._card.blocks import Items, Part, Rows, facts, table
from reports._card.read import Card, at, known, number, rows_at, word
from reports._drawing.numbers import count
from xrays.tasks import Task


def file(card: Card, task: Task, name: str) -> Part:
    """The file, its forms, and which versions were tried. name: of the file."""
    versions = at(card, dict[str, str], "versions") or {}
    opened = at(card, dict[str, list[str]], "file", "opened_with") or {}
    pairs = {
        "File": name,
        "Format": word(card, "file", "format"),
        "Parameters": count(at(card, int, "parameters")) if known(card, "parameters") else "",
        "SHA-256": card["model_sha256"],
        "Run": f"{card['run']}, trial {card['trial']}",
        "Plan of folds, fingerprint": word(card["experiment"], "plan"),
        "Made with": ", ".join(f"{library} {version}" for library, version in versions.items()),
    }
    tried = [
        "This very file was loaded again when it was written, in a fresh process with nothing but Keras, and gave "
        f"the same predictions (Keras {versions.get('keras', 'of the versions above')})."
    ]
    if opened:
        all_of = "; ".join(f"{library} {', '.join(of)}" for library, of in opened.items())
        tried.append(f"Files of this form, not this one, are opened by the project's own tests with {all_of}.")
    return Part("file", "File, formats and versions", (facts(pairs), Items(tuple(tried)), *_formats(card)))


def _formats(card: Card) -> Iterator[Rows]:
    """What else was written, and by which runtime it was read."""
    rows = [
        (
            str(one.get("name")),
            str(one.get("file")),
            f"{(number(one.get('bytes')) or 0) / 1e6:.2f}",
            ", ".join(f"{name} {version}" for name, version in (at(one, dict[str, str], "runtime") or {}).items()),
            ", ".join(map(str, at(one, list[int], "batches") or [])),
            f"{number(one.get('largest_difference')) or 0:.1g}",
        )
        for one in rows_at(card, "formats")
    ]
    if rows:
        head = ("Format", "File", "MB", "Asked in", "Films at once", "Largest difference")
        yield table("This model in other formats, each asked by its own runtime alone", head, rows, long=(1, 3))
