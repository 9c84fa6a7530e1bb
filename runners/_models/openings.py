"""Every look at a hold-out, on record beside the prepared films.

    openings = record_opening(arrays, films.hold_out(), {"opened": "2026-11-22T14:00:00+00:00", "task": "age", …})

A hold-out that has been looked at often is no hold-out any more, so the count stands wherever its score does.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trials.files import append_line
from trials.kept import read_records
from xrays.arrays import XrayArrays, prepared_folders
from xrays.locks import alone
from xrays.strict_json import as_json

LOG = "openings.jsonl"


def record_opening(arrays: XrayArrays, hold_out: str, what: Mapping[str, Any]) -> int:
    """Writes the opening down; returns how often these films were opened for this task, this time included.

    hold_out: fingerprint of its films; what: when, by which run and trial, for which task. The same films prepared at
    another size are the same hold-out: sets beside this one count too.
    """
    folders: set[Path] = {arrays.path.resolve(), *(path.resolve() for path in prepared_folders(arrays.path.parent))}
    with alone(arrays.path / ".openings.lock"):  # exports of two runs may come at once
        entries = [entry for folder in folders for entry in read_records(folder / LOG, dict[str, Any])]
        before = sum((entry["task"], entry["hold_out"]) == (what["task"], hold_out) for entry in entries)
        append_line(arrays.path / LOG, as_json({**what, "hold_out": hold_out}))
    return before + 1
