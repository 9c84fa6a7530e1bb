"""Every look at a hold-out, on record beside the prepared films.

    why = obstacle(store, arrays)          # before anything is trained: None where its score can be had
    openings = record_opening(arrays, fingerprint, prints, {"opened": "2026-11-22T14:00", "task": "age", …})

A hold-out that has been looked at often is no hold-out any more, so the count stands wherever its score does, and
where it cannot be recorded there is no score.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trials.files import append_line
from trials.films import Films
from trials.lineage import packed
from trials.openings import LOG, logged, looked_at
from trials.store import RunStore
from xrays.arrays import XrayArrays
from xrays.locks import alone
from xrays.strict_json import as_json
from xrays.tasks import task_named


def scored_hold_out(store: RunStore) -> NDArray[np.bool_]:
    """(N,) films of the hold-out that have the label of the run's task."""
    films = store.films()
    return np.asarray(films.hold_out() & np.isfinite(films.targets(task_named(store.experiment.task))))


def obstacle(store: RunStore, arrays: XrayArrays) -> str | None:
    """Why the hold-out cannot be opened, None where it can. Raises DamagedRun for a record of openings that nobody
    can read."""
    openings_so_far(arrays, store.films().hold_out_fingerprint(), store.experiment.task)
    if not store.films().hold_out().any():
        return "nothing was held out (--holdout 0)"
    if not scored_hold_out(store).any():
        return f"none of its films has a label for {store.experiment.task}"
    try:
        with (arrays.path / LOG).open("ab"):
            return None
    except OSError as error:
        return unrecordable(arrays, error)


def unrecordable(arrays: XrayArrays, error: OSError) -> str:
    """Why the hold-out is not looked at where the log cannot be written, in words. error: of writing it."""
    return (
        f"a look at it is recorded in {arrays.path / LOG}, which cannot be written ({error.strerror}); "
        "--data DIR with a copy of the prepared folder, or leave to write there"
    )


def openings_so_far(arrays: XrayArrays, fingerprint: str, task: str) -> int:
    """How often these films were opened for the task. fingerprint: of its films. Raises DamagedRun."""
    return len(logged(arrays.path, fingerprint, task))


def opened_in_others(arrays: XrayArrays, films: Films, held: NDArray[np.bool_], task: str) -> int:
    """How many of the films `held` (N,) were in other hold-outs that were opened for the task, or films of their
    patients were. Raises DamagedRun."""
    looked = looked_at(arrays.path, films.hold_out_fingerprint(), task)
    known = np.isin(arrays.fingerprints(), np.array(sorted(looked), np.uint64))
    return int((held & np.isin(films.groups, films.groups[known])).sum())


def record_opening(arrays: XrayArrays, fingerprint: str, prints: NDArray[np.uint64], what: Mapping[str, Any]) -> int:
    """Writes the opening down; returns how often these films were opened for this task, this time included.

    fingerprint: of the films together; prints: (n,) those of each of them. what: when (opened), by which run and
    trial, for which task, and the digest of its search. Raises OSError where it cannot be written.
    """
    with alone(arrays.path / ".openings.lock"):  # exports of two runs may come at once
        before = openings_so_far(arrays, fingerprint, what["task"])
        append_line(arrays.path / LOG, as_json({**what, "hold_out": fingerprint, "films": packed(prints.tolist())}))
    return before + 1
