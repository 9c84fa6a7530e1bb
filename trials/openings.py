"""The log of looks at hold-outs that lies beside the prepared films: what it tells of one of them.

logged(arrays.path, films.hold_out(), "age")          # a dict an opening, by whatever run
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trials.kept import read_records, undamaged
from xrays.arrays import prepared_folders

LOG = "openings.jsonl"


def logged(prepared: Path, hold_out: str, task: str) -> list[dict[str, Any]]:
    """The openings of this hold-out for the task, [] where nothing is on record. prepared: folder of the films;
    hold_out: fingerprint of those that are held out. The same films prepared at another size are the same hold-out:
    sets beside this one count, too. Raises Damaged."""
    own = prepared.resolve()
    found = []
    for file in sorted({folder.resolve() / LOG for folder in (own, *prepared_folders(own.parent))}):
        with undamaged(file):
            entries = read_records(file, dict[str, Any]) if file.is_file() else []
            found += [entry for entry in entries if (entry["task"], entry["hold_out"]) == (task, hold_out)]
    return found
