"""How well a label follows from something that should not know it, against the constant, over patients.

    probe = probed(collection, TASKS["age"], from_features(features))       # rows (n,) -> (n, F) float64
    probe.sentence()        # "Age: MAE 11.4 years (95 % interval 11.2 to 11.6), a constant 16.7"

Folds keep patients together, and the interval is that of other patients (xrays/statistics/bootstrap.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xrays.audit._collection import FOLDS, Collection
from xrays.audit._finding import Finding, Severity, Table
from xrays.statistics.bootstrap import Interval, middle, resamples_in_parts
from xrays.statistics.classification import auc
from xrays.tasks import Task

FEWEST = 50  # films with the label: below them no interval says anything
DRAWS = 200
# Of the constant's error that is gone: a hint, a problem. An AUC of 0.55 and of 0.6; with eight probes an audit, less
# is chance too often.
NOTABLE, ALARMING = 0.1, 0.2
TOGETHER = 4096  # films whose features are in memory
Features = Callable[[NDArray[np.intp]], NDArray[np.float64]]
Answers = Callable[[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True)
class Probe:
    """score: MAE in the label's unit, or the area under the ROC curve, with its 95 % interval `ends`. constant: the
    same of the training films' median, or 0.5. gone: share of the constant's error that the probe does without, with
    its interval `gone_ends`. answers: (N,) NaN where the label is unknown."""

    task: Task
    films: int
    score: float
    ends: Interval
    constant: float
    gone: float
    gone_ends: Interval
    answers: NDArray[np.float64]

    def severity(self, alarming: float = ALARMING) -> Severity:
        """How bad it is that the label follows so well. alarming: share of the constant's error that is a problem."""
        if not self.gone_ends.low > 0 or self.gone < NOTABLE:
            return "passed"
        return "problem" if self.gone >= alarming else "hint"

    def sentence(self) -> str:
        """The score beside that of the constant."""
        label, unit = _titled(self.task), f" {self.task.unit}" if self.task.unit else ""
        if self.task.kind == "binary":
            between = f"{self.ends.low:.3f} to {self.ends.high:.3f}"
            return f"{label}: AUC {self.score:.3f} (95 % interval {between}), a constant {self.constant:g}"
        between = f"{self.ends.low:.1f} to {self.ends.high:.1f}"
        return f"{label}: MAE {self.score:.1f}{unit} (95 % interval {between}), a constant {self.constant:.1f}"

    def figures(self) -> dict[str, Any]:
        """For programs."""
        return {
            "films": self.films,
            "metric": "auc" if self.task.kind == "binary" else "mae",
            "score": self.score,
            "interval": list(self.ends),
            "constant": self.constant,
            "gone": self.gone,
            "gone_interval": list(self.gone_ends),
        }


def probed(collection: Collection, task: Task, answers: Answers) -> Probe | None:
    """None where too few films have the label, or all have the same. answers(train, test, values): predictions for
    the rows `test` from those of `train`, whose labels (N,) are known."""
    values, folds = collection.values(task), collection.folds
    known = np.isfinite(values)
    groups = collection.groups[known]
    if known.sum() < FEWEST or len(np.unique(values[known])) < 2 or len(np.unique(groups)) < 2 * FOLDS:
        return None
    said, constant = np.full(len(values), np.nan), np.full(len(values), np.nan)
    for fold in range(FOLDS):
        train, test = np.flatnonzero(known & (folds != fold)), np.flatnonzero(known & (folds == fold))
        if len(train) and len(test):
            said[test] = answers(train, test, values)
            constant[test] = np.median(values[train])
    known &= np.isfinite(said)
    truth, every = values[known], np.ones((1, int(known.sum())))
    binary = task.kind == "binary"

    def scores(weights: NDArray[Any]) -> NDArray[np.floating]:
        """(2, draws) of the answers, and of the constant, whose AUC is 0.5."""
        base = np.full(len(weights), 0.5) if binary else _mae(truth, constant[known], weights)
        return np.stack([(auc if binary else _mae)(truth, said[known], weights), base])

    def gone(score: NDArray[np.floating], base: NDArray[np.floating]) -> NDArray[np.floating]:
        return 2 * (score - base) if binary else 1 - score / base

    parts = resamples_in_parts(collection.groups[known], DRAWS)
    draws = np.concatenate([scores(part) for part in parts], axis=1)
    whole = scores(every)
    score, base = whole[:, 0].tolist()
    share, ends = float(gone(*whole)[0]), middle(gone(*draws))
    return Probe(task, len(truth), score, middle(draws[0]), base, share, ends, said)


def _mae(truth: NDArray[np.floating], said: NDArray[np.floating], weights: NDArray[Any]) -> NDArray[np.floating]:
    return np.asarray(weights @ np.abs(said - truth).astype(weights.dtype) / weights.sum(axis=1))


def from_features(features: Features) -> Answers:
    """Answers of a ridge regression. features: of films by their rows (n,) -> (n, F); asked for a few at a time."""

    def answers(train: NDArray[np.intp], test: NDArray[np.intp], values: NDArray[np.float64]) -> NDArray[np.float64]:
        return ridge(features, train, values[train], test)

    return answers


def ridge(
    features: Features, train: NDArray[np.intp], target: NDArray[np.float64], test: NDArray[np.intp]
) -> NDArray[np.float64]:
    """(m,) predictions for the rows test (m,) from the rows train (n,) and their target (n,). The penalty is the one
    of least generalised cross-validation error (Golub, Heath & Wahba, Technometrics 21, 1979)."""
    y = target - target.mean()
    centre = sum(features(rows).sum(0) for rows in _some(train)) / len(train)
    products, with_target = np.zeros((len(centre), len(centre))), np.zeros(len(centre))
    for rows, values in zip(_some(train), _some(y), strict=True):
        away = features(rows) - centre
        products += away.T @ away
        with_target += away.T @ values
    spread = np.sqrt(products.diagonal() / len(train))
    varied = spread > 1e-9
    if not varied.any():
        return np.full(len(test), target.mean())
    spread = spread[varied]
    lengths, turned = np.linalg.eigh(products[np.ix_(varied, varied)] / np.outer(spread, spread))
    lengths = lengths.clip(0)
    along = turned.T @ (with_target[varied] / spread)

    def error(penalty: float) -> float:
        weights = along / (lengths + penalty)
        left = float(y @ y - 2 * along @ weights + lengths @ weights**2)
        free = len(y) - 1 - float((lengths / (lengths + penalty)).sum())
        return left / max(free, 1) ** 2

    best = min((len(y) * factor for factor in 10.0 ** np.arange(-4, 3)), key=error)
    weights = turned @ (along / (lengths + best)) / spread
    said = [(features(rows) - centre)[:, varied] @ weights for rows in _some(test)]
    return np.asarray(np.concatenate(said) + target.mean())


def _some(films: NDArray[Any]) -> Iterator[NDArray[Any]]:
    for start in range(0, len(films), TOGETHER):
        yield films[start : start + TOGETHER]


def in_bins(*numbers: NDArray[np.float64], bins: int = 12) -> Features:
    """Features of numbers (N,): each itself and the bin it is in, so that what follows from it need not be a straight
    line. Bins hold as many films each, as far as values differ; the edges come from all films, which no label has a
    part in."""
    edges = [np.unique(np.quantile(values, np.linspace(0, 1, bins + 1)[1:-1])) for values in numbers]

    def features(rows: NDArray[np.intp]) -> NDArray[np.float64]:
        columns = []
        for values, ends in zip(numbers, edges, strict=True):
            place = np.searchsorted(ends, values[rows], side="right")
            columns += [values[rows][:, None], np.eye(len(ends) + 1)[place]]
        return np.hstack(columns)

    return features


def judged(
    collection: Collection, answers: Answers, source: str, *, command: str = "", alarming: float = ALARMING
) -> tuple[Finding, list[Probe]]:
    """The finding of what all tasks' labels follow from, and the probes. source: what they are made from, as in
    `the order of the ids`; command: what to type where it is found; alarming: see Probe.severity."""
    probes = [probe for task in collection.tasks if (probe := probed(collection, task, answers)) is not None]
    if not probes:
        return Finding("not applicable", f"Fewer than {FEWEST} films have a label, or all have the same."), []
    order: Sequence[Severity] = ("problem", "hint", "passed")
    worst = min((probe.severity(alarming) for probe in probes), key=order.index)
    alarmed = [probe for probe in probes if probe.severity(alarming) == worst]
    names = " and ".join(probe.task.label.name.replace("_", " ") for probe in alarmed)
    follow = "follow" if len(alarmed) > 1 else "follows"
    verdict = {
        "problem": f"{names} {follow} from {source} alone",
        "hint": f"{names} {follow} in part from {source} alone",
        "passed": f"no label follows from {source} to an extent that matters",
    }[worst]
    found = f"{verdict[:1].upper()}{verdict[1:]}. {'; '.join(probe.sentence() for probe in probes)}."
    table = Table(
        f"Labels from {source} alone, cross-validated, films of a patient together",
        ("Label", "Films", "Metric", "Score", "95 % interval", "Constant", "Error that is gone, %"),
        tuple(_row(probe) for probe in probes),
    )
    figures = {probe.task.label.name: probe.figures() for probe in probes}
    return Finding(worst, found, command if worst != "passed" else "", figures, (table,)), probes


def _row(probe: Probe) -> tuple[str, ...]:
    digits = 3 if probe.task.kind == "binary" else 1
    return (
        probe.task.label.name.replace("_", " "),
        f"{probe.films:,}",
        "AUC" if probe.task.kind == "binary" else f"MAE, {probe.task.unit}",
        f"{probe.score:.{digits}f}",
        f"{probe.ends.low:.{digits}f} to {probe.ends.high:.{digits}f}",
        f"{probe.constant:.{digits}f}",
        f"{_percent(probe.gone)} ({_percent(probe.gone_ends.low)} to {_percent(probe.gone_ends.high)})",
    )


def _titled(task: Task) -> str:
    name = task.label.name.replace("_", " ")
    return f"{name[:1].upper()}{name[1:]}"


def _percent(share: float) -> str:
    return str(round(100 * share)).replace("-", "−")
