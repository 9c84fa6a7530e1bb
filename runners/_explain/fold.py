"""A run's network explained: that of its trial's first fold, whose films it has not seen.

result, fold = explainable(store, number=None)
explanation = explain_fold(reopen(store, result, None, None, print), result, fold, rows, bar)
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runners._explain.films import sample_rows
from runners._explain.jobs import fold_explainer
from runners._explain.messages import ExplainFold, ExplainReply
from runners._training.reopened import ReopenedRun
from runners._workers.conversation import Watch, ask
from runners._workers.local import LocalWorkers
from trials.final import leading
from trials.networks import Arrays
from trials.records import FoldScore, TrialResult
from trials.store import RunStore
from xrays.assignment import of_fold
from xrays.errors import UserError
from xrays.next_command import command
from xrays.tasks import task_named

FOLD = 0
HALVED = 0.05  # of a task's scale: rounding of each layer to bfloat16 moves answers by up to 0.024 on 760 films

# What shows the progress of a job, for the number of its epochs: a bar.
Bar = Callable[[int], AbstractContextManager[Watch]]


def no_maps(what: str, runs: Path) -> UserError:
    """what: a run or model whose network takes vectors."""
    return UserError(
        f"the network of {what} takes vectors: it sees no film that a map could be drawn on",
        "a run or a model on films",
        command("runs", runs=runs),
    )


def explainable(store: RunStore, number: int | None) -> tuple[TrialResult, FoldScore]:
    """The trial, the best one for None, and its fold FOLD. Raises UserError for one that was not trained on all of
    it, and for a run whose networks see no films."""
    if store.experiment.vectors:
        raise no_maps(f"run {store.path.name}", store.path.parent)
    results = store.trials()
    if number is None:
        best = leading(store)
        result = best.result if best else None
    else:
        result = next((result for result in results if result.number == number), None)
    fold = next((fold for fold in result.complete_folds if fold.fold == FOLD), None) if result else None
    if result is None or fold is None:
        given = store.path.name if number is None else f"--trial {number} of {store.path.name}"
        able = [
            str(one.number)
            for one in sorted(results, key=lambda one: (one.state != "complete", one.number))
            if any(fold.fold == FOLD for fold in one.complete_folds)
        ]
        raise UserError(
            f"{given} has no whole fold {FOLD} to train again",
            f"a trial with one: {', '.join(able) or 'none so far'}",
            command("explain", store.path, trial=able[0]) if able else command("runs", runs=store.path.parent),
        )
    return result, fold


def rows_of_fold(run: ReopenedRun) -> NDArray[np.int64]:
    """The films of FOLD that have the label, MOST of them at most, as rows of the prepared films."""
    in_fold = of_fold(run.store.films().assignment, FOLD)
    return sample_rows(np.flatnonzero(in_fold & np.isfinite(run.arrays.targets(run.task))))


def explain_fold(
    run: ReopenedRun, result: TrialResult, fold: FoldScore, rows: NDArray[np.int64], bar: Bar, network: Arrays = ()
) -> ExplainReply:
    """The network of the fold on these rows of the prepared films; without its arrays it is trained again, with as
    many threads as then. Raises JobFailed."""
    job = ExplainFold(result, FOLD, rows, network)
    with LocalWorkers(run.setup(threads=fold.threads), make=fold_explainer) as workers, bar(fold.epochs) as watch:
        return ask(workers, job, ExplainReply, failed="nothing was explained", watch=watch)


def is_reproduced(
    store: RunStore, result: TrialResult, rows: NDArray[np.int64], explanation: ExplainReply, *, kept: bool
) -> bool:
    """Whether the network that was explained predicts what the search has recorded, to about three digits. One that
    was kept computes in float32: where the search has not, as far apart as that brings them."""
    recorded, halved = store.out_of_fold(result.number), kept and store.experiment.precision != "float32"
    apart = HALVED * task_named(store.experiment.task).scale if halved else 1e-3
    return recorded is not None and np.allclose(recorded[0, rows], explanation.predictions, rtol=1e-3, atol=apart)
