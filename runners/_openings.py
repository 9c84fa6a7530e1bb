"""Every look at a hold-out, on record beside the prepared films.

    openings = record_opening(arrays, task, hold_out_ids, {"opened": "2026-11-22T14:00:00+00:00", "run": "age-…"})

A hold-out that has been looked at often is no hold-out any more, so the count stands wherever its score does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trials.files import append_line, read_lines
from xrays.arrays import XrayArrays, prepared_folders
from xrays.tasks import Task

LOG = "openings.jsonl"


def record_opening(arrays: XrayArrays, task: Task, ids: NDArray[np.int64], what: Mapping[str, Any]) -> int:
    """Writes the opening down; returns how often these films were opened for this task, this time included.

    The same films prepared at another size are the same hold-out: sets beside this one count too.
    """
    hold_out = hashlib.sha256(arrays.meta["films"].encode() + ids.tobytes()).hexdigest()[:16]
    line = {**what, "task": task.name, "hold_out": hold_out, "films": len(ids)}
    append_line(arrays.path / LOG, json.dumps(line))
    folders: set[Path] = {arrays.path.resolve(), *(path.resolve() for path in prepared_folders(arrays.path.parent))}
    entries = [json.loads(text) for folder in folders for text in read_lines(folder / LOG)]
    return sum(entry["task"] == task.name and entry["hold_out"] == hold_out for entry in entries)
