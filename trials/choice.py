"""What is known of the choice of a group's best trial: its score without the luck of being picked, and its ties.

choice = selection_of(runs, trials_frame(runs))
choice.corrected, choice.interval, choice.tied
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trials.best import best_trials
from trials.films import Films
from trials.seeds import finals_of, seed_out_of_fold
from trials.selection import candidates, choose
from trials.store import RunStore
from xrays.assignment import every_fold, repeat_of
from xrays.statistics.bootstrap import Interval
from xrays.tasks import Task, task_named

YARDSTICK = "linear probe"  # tells how hard a fold is; nobody chose it
Key = tuple[str, int]  # run, number


@dataclass(frozen=True)
class Selection:
    """corrected, interval: scores in the objective's own unit, NaN where too few patients are left. among: candidates
    that took part, `partial` of them with some folds only; unseen: trials that were stopped within their first fold
    or have no predictions on disk, which cannot. scored: folds that the corrected score is of, out of `folds` in so
    many `repeats`: in the others trials were stopped midway, by the films that would score them, or had been before,
    in an earlier repeat; where that holds for every fold (`peeked`) all count. same: trials that predict exactly what
    another one does (the same network in two runs), and so are no candidates of their own, with that one. behind: by
    how much more loss than the best a complete trial has (low, high); tied: complete trials that may be as good as
    the best, without the best itself."""

    corrected: float
    interval: Interval
    among: int
    partial: int
    unseen: int
    scored: int
    folds: int
    repeats: int
    peeked: bool
    same: Mapping[Key, Key]
    behind: Mapping[Key, Interval]
    tied: frozenset[Key]


def selection_of(stores: Sequence[RunStore], frame: pd.DataFrame) -> Selection | None:
    """None where there is no complete trial, its predictions are not on disk, or the objective is no mean over films.

    stores: runs on one plan, each of another name; frame: their `trials_frame`. Candidates are all trials of all runs
    that are `is_candidate`. A trial on a smaller budget is none, a repeated one is no trial of its own.
    """
    run, films = {store.path.name: store for store in stores}, stores[0].films()
    task = task_named(stores[0].experiment.task)
    winner = best_trials(frame, 1)
    usable = frame[is_candidate(frame) & (frame["loss"].notna() | (frame["state"] == "pruned"))]
    known = {
        (name, number): values
        for name, number in zip(usable["run"], usable["number"], strict=True)
        if (values := run[name].out_of_fold(number)) is not None
    }
    first = (winner["run"].iloc[0], winner["number"].iloc[0]) if len(winner) else None
    # What another run has trained, too, is that one's: a finalist's seeds are its own.
    known = dict(sorted(known.items(), key=lambda item: item[0] != first))
    same = _same(films, known)
    distinct = {key: values for key, values in known.items() if key not in same}
    keys = list(distinct)
    rows = candidates(task, films, list(distinct.values())) if first in distinct else None
    if rows is None or first is None or not rows.have[keys.index(first)].all():
        return None
    peeked = _peeked(frame, films.assignment)
    finalists = {
        keys.index(key): losses
        for key, seeds in zip(zip(frame["run"], frame["number"], strict=True), frame["seeds"], strict=True)
        if seeds and key in distinct
        if (losses := _by_seed(task, films, every_seed(run[key[0]], frame, key[1]))) is not None
    }
    probe = run[first[0]].baseline_predictions().get(YARDSTICK)
    known_of = candidates(task, films, [probe]) if probe is not None else None
    yardstick = known_of.losses[0] if known_of is not None and known_of.have.all() else None
    choice = choose(rows, keys.index(first), peeked=peeked, yardstick=yardstick, seeds=finalists)
    low, high = sorted(_score(task, loss) for loss in choice.interval)
    whole = usable["state"] == "complete"
    complete = set(zip(usable["run"][whole], usable["number"][whole], strict=True))
    behind = {
        key: Interval(*map(float, ends))
        for key, ends in zip(keys, choice.behind, strict=True)
        if key in complete and np.isfinite(ends).all()
    }
    tied = frozenset(key for key, even in zip(keys, choice.tied, strict=True) if even and key in behind)
    some = rows.have.any(axis=1)
    return Selection(
        corrected=_score(task, choice.corrected),
        interval=Interval(low, high),
        among=int(some.sum()),
        partial=int((some & ~rows.have.all(axis=1)).sum()),
        unseen=len(usable) - len(same) - int(some.sum()),
        scored=int((~peeked).sum()) or len(peeked),
        folds=len(peeked),
        repeats=len(films.assignment),
        peeked=bool(peeked.all()),
        same=same,
        behind=behind,
        tied=tied - {first},
    )


def every_seed(store: RunStore, frame: pd.DataFrame, number: int) -> NDArray[np.float32] | None:
    """(R, N) out-of-fold predictions of a trial, of a finalist with those of its further seeds below its own, (S × R,
    N) for S seeds; None for a trial without a whole fold. frame: a `trials_frame` with the run in it."""
    own = store.out_of_fold(number)
    row = frame[(frame["run"] == store.path.name) & (frame["number"] == number)]
    if own is None or not len(row) or not row["seeds"].iloc[0]:
        return own
    further = [seed_out_of_fold(store, number, seed) for seed in finals_of(store.path)[-1].seeds]
    return np.concatenate([own, *(values for values in further if values is not None)])


def _by_seed(task: Task, films: Films, predicted: NDArray[np.float32] | None) -> NDArray[np.float32] | None:
    """(S, n) losses of the candidates' n films; None where some prediction is missing."""
    rows = (
        candidates(task, films, np.split(predicted, len(predicted) // len(films.assignment)))
        if predicted is not None
        else None
    )
    return rows.losses if rows is not None and rows.have.all() else None


def is_candidate(frame: pd.DataFrame) -> pd.Series[bool]:
    """Trials on the whole budget that were trained: the reader picks the best of them."""
    return frame["state"].isin(["complete", "pruned"]) & (frame["kind"] == "trial") & (frame["reduced"] == 0)


def _peeked(frame: pd.DataFrame, assignment: NDArray[np.int8]) -> NDArray[np.bool_]:
    """(folds,) whether some trial went no further for what it was worth on that fold's own films: it was stopped
    within it, or tried there on a smaller budget; or it was stopped anywhere, and the fold is of a later repeat, in
    which all of its films had been scored before."""
    stopped = frame[(frame["kind"] == "trial") & ((frame["state"] == "pruned") | (frame["reduced"] > 0))]
    seen = {
        fold.fold
        for smaller, scores in zip(stopped["reduced"] > 0, stopped["folds"], strict=True)
        for fold in scores
        if smaller or not fold.complete
    }
    again = [not stopped.empty and repeat_of(assignment, fold) > 0 for fold in every_fold(assignment)]
    return np.array([fold in seen or again[fold] for fold in every_fold(assignment)], np.bool_)


def _same(films: Films, predictions: Mapping[Key, NDArray[np.float32]]) -> dict[Key, Key]:
    """Of each trial that predicts in all its folds what another one does, that one: with more folds, or earlier."""
    assignment, same = films.assignment, dict[Key, Key]()
    by_first: dict[bytes, list[Key]] = {}
    known = {key: np.isfinite(values) & films.development() for key, values in predictions.items()}
    for key in sorted(predictions, key=lambda key: -int(known[key].sum())):
        films_of = known[key]
        if not films_of.any():
            continue
        fold = assignment[films_of].min()
        alike = by_first.setdefault(predictions[key][films_of & (assignment == fold)].tobytes(), [])
        twin = next(
            (other for other in alike if np.array_equal(predictions[other][films_of], predictions[key][films_of])),
            None,
        )
        if twin is None:
            alike.append(key)
        else:
            same[key] = twin
    return same


def _score(task: Task, loss: float) -> float:
    """A share of wrong films back into one of right ones."""
    return loss if task.direction == "min" else 1.0 - loss
