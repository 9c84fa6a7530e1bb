"""What `explain` leaves in a run folder: explain/ with its numbers and a few small pictures. The last one counts.

save_explained(store.path, {"task": "age", …}, {"worst-1.png": b"…"})
load_explained(store.path)                     # Explanation, or None
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trials.files import write_atomically

FOLDER, NUMBERS = "explain", "explain.json"


@dataclass(frozen=True)
class Explanation:
    """numbers: what explain.json holds; pictures: PNG files by name, those that `numbers` speaks of."""

    numbers: Mapping[str, Any]
    pictures: Mapping[str, bytes]


def save_explained(parent: Path, numbers: Mapping[str, Any], pictures: Mapping[str, bytes]) -> Path:
    """Writes a whole folder beside the old one, then puts it in its place. Returns it."""
    target = parent / FOLDER
    fresh, old = (parent / f".{FOLDER}.{os.getpid()}.{end}" for end in ("new", "old"))
    try:
        fresh.mkdir()
        for name, content in pictures.items():
            write_atomically(fresh / name, content)
        write_atomically(fresh / NUMBERS, json.dumps(dict(numbers), indent=1).encode())
        if target.exists():
            target.rename(old)
        fresh.rename(target)
    finally:
        for left in (fresh, old):
            shutil.rmtree(left, ignore_errors=True)
    return target


def load_explained(parent: Path) -> Explanation | None:
    """None where nothing was explained yet."""
    file = parent / FOLDER / NUMBERS
    if not file.exists():
        return None
    pictures = {picture.name: picture.read_bytes() for picture in sorted(file.parent.glob("*.png"))}
    return Explanation(json.loads(file.read_text()), pictures)
