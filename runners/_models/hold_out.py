"""The hold-out's score: nothing else looks at these films, and every look is on record before its score is known.

opening = open_hold_out(store, arrays, best, seen, predictions, reason=obstacle(store, arrays))
opening["metrics"], opening["openings"]          # {"mae": 9.8, …}, 1
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runners._models.openings import (
    opened_in_others,
    openings_so_far,
    record_opening,
    scored_hold_out,
    unrecordable,
)
from runners._models.promises import scored
from trials.lineage import SeenFilms, among
from trials.records import TrialResult
from trials.store import RunStore
from xrays.arrays import XrayArrays
from xrays.statistics.by_patient import labels_together, together
from xrays.tasks import Task, task_named

Compare = Callable[[NDArray[np.float32], NDArray[np.str_], NDArray[np.bool_]], Mapping[str, Any]]


def open_hold_out(
    store: RunStore,
    arrays: XrayArrays,
    best: TrialResult,
    seen: SeenFilms,
    predictions: NDArray[np.float32],
    reason: str | None,
    compare: Compare = lambda labels, groups, held: {},
) -> dict[str, Any]:
    """Records the opening, then scores; returns it as card and holdout.json have it. predictions: (N,) of the model
    that is exported, at least of the hold-out; seen: the films that it has met; reason: why the hold-out is not
    opened, None if it is; compare: what else is told of it, by its labels and patients (n,) and which films (N,) it
    has. Raises DamagedRun for a record of openings that nobody can read."""
    task, films, held = task_named(store.experiment.task), store.films(), scored_hold_out(store)
    now, fingerprint = datetime.now(UTC).isoformat(timespec="seconds"), films.hold_out_fingerprint()
    what = {"opened": now, "run": store.path.name, "trial": best.number, "task": task.name}
    what["search"] = store.experiment.digest
    openings, prints = 0, arrays.fingerprints()
    looked_at = opened_in_others(arrays, films, held, task.name)
    if reason is None:
        try:
            openings = record_opening(arrays, fingerprint, prints[films.hold_out()], what)
        except OSError as error:  # it could be written before the refit, of which nothing is to be lost
            reason = unrecordable(arrays, error)
    facts = {
        "trial": best.number,
        "films": int(held.sum()),
        "looked_at": looked_at,
        "reason": reason,
        **among(seen, prints, films.groups, held).to_json(),
    }
    if reason is not None:
        so_far = openings_so_far(arrays, fingerprint, task.name)
        return {"opened": None, "openings": so_far, "metrics": {}, "interval": None, "intervals": {}, **facts}
    labels = films.targets(task)[held]
    opening = {"opened": now, "openings": openings, **facts}
    opening |= scored(task, labels, predictions[held], films.groups[held])
    opening["by_patient"] = _by_patient(task, labels, predictions[held], films.groups[held])
    opening |= compare(labels, films.groups[held], held)
    store.add_opening(opening)
    return opening


def _by_patient(
    task: Task, labels: NDArray[np.float32], predictions: NDArray[np.floating], groups: NDArray[np.str_]
) -> dict[str, Any] | None:
    """Of answers that are put together for each patient; None where none has several films."""
    if len(patients := np.unique(groups)) == len(groups):
        return None
    truth, said = labels_together(labels, groups, task.kind), together(predictions, groups, task.kind)
    return {"patients": len(patients), **scored(task, truth, said, patients)}
