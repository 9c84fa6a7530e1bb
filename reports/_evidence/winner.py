"""The out-of-fold predictions of a group's best trial: what every section on the quality of the model starts from.

    predictions = winner(group)                     # None where there is nothing to judge
    predictions.truth, predictions.predicted, predictions.weights
    estimates(partial(regression_figures, predictions.truth, predictions.predicted), predictions.groups)["mae"]

Only films of the folds with a label and a finite prediction: the hold-out plays no part.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from reports._evidence.groups import Group
from trials.best import best_trials
from trials.score_interval import score_interval
from xrays.label_values import Labels, at_rows, groups_of
from xrays.labels import Label
from xrays.patients import Whose, whose
from xrays.statistics.bootstrap import Interval, interval, middle, resamples, share_interval
from xrays.tasks import Task

Name = TypeVar("Name", bound=Hashable)
Replicates = Callable[[NDArray[np.floating]], NDArray[np.floating]]


@dataclass(frozen=True)
class Predictions:
    """n predictions that the trial `name` was scored by, of a film one in every repeat and with every seed of a
    finalist. film: (n,) its row in the plan; groups: patients; truth, predicted: of the task; folds: the fold that
    each was made in, repeat: the repeat, those of another seed being others; labels: all that are known; baselines:
    name -> (n,) predictions."""

    name: str
    film: NDArray[np.intp]
    groups: NDArray[np.str_]
    truth: NDArray[np.float64]
    predicted: NDArray[np.float64]
    folds: NDArray[np.int8]
    repeat: NDArray[np.intp]
    labels: Labels
    baselines: Mapping[str, NDArray[np.float64]]

    @property
    def whose(self) -> Whose:
        """How many films and patients they are of."""
        return self.whose_of(np.ones(len(self.film), np.bool_))

    def whose_of(self, which: NDArray[np.bool_]) -> Whose:
        """How many films and patients some of them (n,) are of: a film counts once, however often it is predicted."""
        _, first = np.unique(self.film[which], return_index=True)
        return whose(self.groups[which][first])

    def models(self) -> dict[str, NDArray[np.float64]]:
        """The trial, then the baselines, which are of the same films."""
        return {self.name: self.predicted, **self.baselines}


@dataclass(frozen=True)
class Judged:
    """Predictions of no run's trial, for the sections on quality: those of a model on films from elsewhere. labels:
    that the films have, in the order of LABELS."""

    task: Task
    labels: list[Label]
    predictions: Predictions


def winner(group: Group | Judged) -> Predictions | None:
    """Predictions of the best complete trial; None without one, or when none of its predictions is on disk."""
    if isinstance(group, Judged):
        return group.predictions
    first = best_trials(group.rows, 1).to_dict("records")
    if not first:
        return None
    run, number = str(first[0]["run"]), int(first[0]["number"])
    predicted = group.every_seed(run, number)
    if predicted is None:
        return None
    films = group.films
    seeds = len(predicted) // len(films.assignment)
    kept = np.tile(films.scored(group.task), (seeds, 1)) & np.isfinite(predicted)
    if not kept.any():
        return None
    store, (repeat, film) = group.run(run), np.nonzero(kept)
    # A baseline that has not predicted all of these films would be compared on easier or harder ones.
    every = {name: np.tile(values, (seeds, 1)) for name, values in store.baseline_predictions().items()}
    baselines = {
        name: values[kept].astype(np.float64) for name, values in every.items() if np.isfinite(values[kept]).all()
    }
    return Predictions(
        str(first[0]["name"]),
        film,
        films.groups[film],
        films.targets(group.task)[film].astype(np.float64),
        predicted[kept].astype(np.float64),
        np.tile(films.assignment, (seeds, 1))[kept],
        repeat,
        at_rows(films.labels, film),
        baselines,
    )


def score_ends(group: Group) -> Interval:
    """The 95 % interval of the best trial's score over patients; NaN where its predictions are not on disk."""
    found = winner(group)
    if found is None:
        return Interval(math.nan, math.nan)
    return score_interval(group.task, found.truth, found.predicted, found.groups, found.folds)


class Estimate(NamedTuple):
    """A figure with the ends of its 95 % interval, NaN where that is unknown."""

    value: float
    low: float
    high: float


def estimates(
    figures: Callable[[NDArray[np.floating]], Mapping[Name, NDArray[np.floating]]],
    groups: NDArray[np.str_],
    shares: Mapping[Name, NDArray[np.bool_]] | None = None,
) -> dict[Name, Estimate]:
    """figures: weights (draws, n) -> name -> (draws,). Computed on all films for the value, and on resamples of
    patients for the interval. shares: of figures that are shares of films, (n,) of which. Where all resamples come
    out alike, a share has the exact interval, another figure none."""
    values, drawn, of = figures(np.ones((1, len(groups)))), figures(resamples(groups)), shares or {}
    results = {}
    for name in values:
        value, ends = float(values[name][0]), interval(drawn[name])
        if name in of:
            ends = share_interval(value, drawn[name], len(np.unique(groups[of[name]])))
        results[name] = Estimate(value, *ends)
    return results


def curve(replicates: Replicates, groups: NDArray[np.str_]) -> NDArray[np.float64]:
    """(3, k) value, low, high of what gives (draws, k) numbers for weights (draws, n); NaN for the ends with one
    patient alone."""
    several = len(np.unique(groups)) > 1
    ends = [middle(column if several else column[:0]) for column in np.asarray(replicates(resamples(groups))).T]
    return np.stack([replicates(np.ones((1, len(groups))))[0], *np.array(ends).T])


def groups_present(label: Label, values: NDArray[np.float32]) -> tuple[list[str], NDArray[np.bool_]]:
    """Names of the groups of a label (its classes, or bands of its numbers) that some film is in, and (n, groups)
    which film is in which. values: (n,) of the label, NaN where unknown; such a film is in none."""
    number = groups_of(label, values)
    present = [group for group in range(len(label.group_names)) if (number == group).any()]
    return [label.group_names[group] for group in present], number[:, None] == np.array(present, np.int64)[None]
