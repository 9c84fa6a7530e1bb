"""The networks of folds that a search has kept, asked about films that they have not seen, altered and as they are.

networks = kept_folds(store, result)                            # {0: arrays, 1: arrays, …}, or none
asked_about = altered_folds(run, result, networks, bar)         # what explain.json holds of it
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from runners._explain.altered import border
from runners._explain.films import sample_rows
from runners._explain.fold import Bar
from runners._explain.jobs import fold_explainer
from runners._explain.messages import AlteredReply, AskAltered
from runners._explain.numbers import BORDER
from runners._explain.reliance import reliance
from runners._training.reopened import ReopenedRun
from runners._workers.conversation import ask
from runners._workers.local import LocalWorkers
from trials.explained import load_explained
from trials.kept import DamagedRun
from trials.networks import Arrays, FoldNetwork, read_network
from trials.records import TrialResult
from trials.store import RunStore
from xrays.assignment import of_fold

MOST = 2000  # films of all folds: more make an interval hardly shorter, and each is asked about seven times


def kept_folds(store: RunStore, result: TrialResult) -> Mapping[int, Arrays]:
    """By the number of the fold, of all that cover every film once; none where one is lacking or damaged."""
    seed, found = store.experiment.seed, {}
    for fold in range(store.experiment.folds):
        try:
            arrays = read_network(store.path, FoldNetwork(result.number, seed, fold))
        except DamagedRun:  # `export` says so, and trains it again
            arrays = None
        if arrays is None:
            return {}
        found[fold] = arrays
    return found


def found_before(store: RunStore, number: int) -> dict[str, Any] | None:
    """What was found of the networks of that trial earlier: maps of a model take the place of those of its run, and
    this is not lost with them."""
    explained = load_explained(store.path)
    return explained.numbers.get("altered") if explained and explained.numbers["trial"] == number else None


def altered_folds(run: ReopenedRun, result: TrialResult, networks: Mapping[int, Arrays], bar: Bar) -> dict[str, Any]:
    """networks: of folds; each is asked about the films of its own. Raises JobFailed."""
    assignment, targets = run.store.films().assignment, run.arrays.targets(run.task)
    rows = {
        fold: sample_rows(np.flatnonzero(of_fold(assignment, fold) & np.isfinite(targets)), MOST // len(networks))
        for fold in networks
    }
    replies = []
    with LocalWorkers(run.setup(), make=fold_explainer) as workers, bar(0) as watch:
        for fold, arrays in networks.items():
            job = AskAltered(result, arrays, rows[fold])
            replies.append(ask(workers, job, AlteredReply, failed="no altered film was answered", watch=watch))
    seen = np.concatenate(list(rows.values()))
    answers = np.concatenate([reply.answers for reply in replies])
    return {
        "films": len(seen),
        "folds": list(networks),
        "marked": int(sum(reply.marked.sum() for reply in replies)),
        "width": BORDER,
        "area": float(border(run.arrays.images.shape[1]).mean()),
        **reliance(run.task, targets[seen], run.arrays.groups[seen], answers),
    }
