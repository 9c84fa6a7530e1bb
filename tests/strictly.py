"""JSON as every reader but Python's takes it.

strict('{"r2": null}')            # AssertionError at NaN or Infinity
check_files(tmp_path)             # every file below that is JSON
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def strict(text: str) -> Any:
    return json.loads(text, parse_constant=_refused)


def check_files(folder: Path) -> set[str]:
    """The names of those that were read: one JSON text a file, or a line where the name says so."""
    found = set()
    for file in sorted([*folder.rglob("*.json"), *folder.rglob("*.jsonl")]):
        for text in file.read_text().splitlines() if file.suffix == ".jsonl" else [file.read_text()]:
            strict(text)
        found.add(file.name)
    return found


def _refused(word: str) -> Any:
    raise AssertionError(f"{word} is no JSON")
