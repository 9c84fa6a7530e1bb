"""An audit as the user sees it: which collection, what was found in lines, where it goes.

audited, out = audit(AuditOptions(Path("data/nih128")))
for line in lines(audited): print(line)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from xrays.arrays import XrayArrays, choose_prepared
from xrays.audit._audit import Audit, look_at
from xrays.audit._collection import Collection, of_arrays, of_labels
from xrays.errors import UserError
from xrays.layout import Layout
from xrays.next_command import command
from xrays.seal import META
from xrays.sources import Order, nih
from xrays.sources._folder import read_folder

PAGE = "audit.html"
MARKS = {"problem": "PROBLEM", "hint": "hint"}


@dataclass(frozen=True)
class AuditOptions:
    """data: a prepared folder, or one with label files in the SPR layout or NIH's table; None for the only one below
    `root`. out: the page; None for `audit.html` in the prepared folder, below `root` for labels alone."""

    data: Path | None
    root: Path = Path("data")
    out: Path | None = None


def audit(options: AuditOptions) -> tuple[Audit, Path]:
    """What was found, and where its page belongs. Raises UserError where there is nothing to look at."""
    data = options.data
    if data is not None and data.is_dir() and not (data / META).exists():
        collection = of_labels(_labels(data, options.root))
        place = options.root / f"{collection.name}-{PAGE}"  # what is somebody else's stays as it is
    else:
        collection = _prepared(data, options.root)
        place = collection.arrays.path / PAGE
    return look_at(collection), options.out or place


def _labels(folder: Path, root: Path) -> Layout:
    """Those of NIH's table, or of label files in the SPR layout."""
    if any(folder.glob(nih.TABLES)):
        return nih.labels(Order(root, folder))
    return read_folder(folder, with_films=False)


def _prepared(data: Path | None, root: Path) -> Collection:
    folder = data or choose_prepared(None, root, partial(command, "audit"))
    if folder is None:
        raise UserError("nothing is prepared", "a prepared folder", command("prepare", "DIR"))
    return of_arrays(XrayArrays.open(folder))


def lines(audited: Audit) -> Iterator[str]:
    """Problems and hints with the commands that mend them, and how many checks passed."""
    collection, found = audited.collection, audited.summary()
    yield (
        f"audit of {collection.name}, {len(collection.ids):,} films: {_counted(found['problem'], 'problem')}, "
        f"{_counted(found['hint'], 'hint')}, {found['passed']} passed, {found['not applicable']} not applicable"
    )
    for severity, mark in MARKS.items():
        for entry in audited.entries:
            if entry.finding.severity == severity:
                yield f"  {mark} {entry.code}: {entry.finding.found}"
                if entry.finding.command:
                    yield f"    next: {entry.finding.command}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
