"""The log of looks at hold-outs that lies beside the prepared films: what it tells of one of them.

logged(arrays.path, films.hold_out_fingerprint(), "age")          # a dict an opening, by whatever run
looked_at(arrays.path, films.hold_out_fingerprint(), "age")       # fingerprints of films in other hold-outs
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trials.kept import DamagedRun, read_records, undamaged
from trials.lineage import unpacked
from trials.typed import typed
from xrays.arrays import prepared_folders
from xrays.errors import UserError
from xrays.seal import read_meta

LOG = "openings.jsonl"


def logged(prepared: Path, fingerprint: str, task: str) -> list[dict[str, Any]]:
    """The openings of this hold-out for the task, [] where nothing is on record. prepared: folder of the films;
    fingerprint: of those that are held out. The same films prepared at another size are the same hold-out:
    sets beside this one count, too. Raises DamagedRun, but not for the log of other films."""
    return [entry for entry in _entries(prepared, task) if entry["hold_out"] == fingerprint]


def looked_at(prepared: Path, fingerprint: str, task: str) -> frozenset[int]:
    """Films, by their own fingerprints, of all hold-outs but this one that were opened for the task: with another
    share, seed or split the hold-out is another one, and may have films in common. Raises DamagedRun as `logged`
    does."""
    others = [entry for entry in _entries(prepared, task) if entry["hold_out"] != fingerprint]
    return frozenset(film for entry in others for film in unpacked(entry["films"]).tolist())


def _entries(prepared: Path, task: str) -> list[dict[str, Any]]:
    given = prepared.resolve()
    openings = []
    for folder in sorted({folder.resolve() for folder in (given, *prepared_folders(given.parent))}):
        try:
            openings += _of(folder / LOG, task)
        except DamagedRun:
            if not _other_films(given, folder):
                raise
    return openings


def _of(file: Path, task: str) -> list[dict[str, Any]]:
    entries = read_records(file, dict[str, Any]) if file.is_file() else []
    with undamaged(file):
        for entry in entries:
            unpacked(entry["films"]), typed(str, entry["hold_out"])
        return [entry for entry in entries if entry["task"] == task]


def _other_films(one: Path, other: Path) -> bool:
    """Whether that is known for certain."""
    try:
        return bool(read_meta(one)["films"] != read_meta(other)["films"])
    except UserError:
        return False
