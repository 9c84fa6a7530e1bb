"""Training that ended too early, or too late: by the curves of the best trial."""

from __future__ import annotations

import numpy as np

from reports._drawing.metrics import objective_of
from reports._evidence.groups import Group
from reports._section import table_of
from reports.checks._check import Check, Finding
from trials.best import best_trials
from trials.commands import anew
from xrays.statistics.resampled import standard_error

CHECK = Check(
    order=140,
    title="Length of training",
    section="curves",
    why="Too short: over the last fifth of the epochs the score of the best trial still gained more than two "
    "standard errors of the mean over folds (Nadeau and Bengio 2003), and more than 2 % of its loss. Too long: it "
    "lost as much from the best stretch of its middle to the end.",
)
LEAST, ERRORS, SHARE = 10, 2.0, 0.02


def look(group: Group) -> Finding:
    """A hint for more epochs, or for fewer."""
    table = table_of(group, "curves")
    own = table[table["name"] == table["name"].iloc[0]] if len(table) else table
    wide = own.pivot(index="fold", columns="epoch", values="score").dropna(axis=1)
    epochs = wide.shape[1]
    if epochs < LEAST or len(wide) < 2:
        return Finding("not applicable", f"It takes two folds of {LEAST} epochs to tell.")
    losses = wide.to_numpy(float) if group.task.direction == "min" else 1 - wide.to_numpy(float)
    width = max(1, epochs // 10)
    # (folds, epochs) the mean of so many epochs, the last of which it is.
    sums = np.cumsum(np.pad(losses, ((0, 0), (1, 0))), axis=1)
    smooth = (sums[:, width:] - sums[:, :-width]) / width
    end, before = smooth[:, -1], smooth[:, max(0, int(0.8 * epochs) - width)]
    middle = smooth[:, : max(1, int(0.8 * epochs) - width + 1)]
    best = int(middle.mean(axis=0).argmin())
    run, metric = group.run(best_trials(group.rows, 1)["run"].iloc[0]), objective_of(group.task)
    planned = run.experiment.epochs
    if (gained := _more_than_luck(before - end, end, run.experiment.folds)) is not None:
        shown = f"{metric.value(gained)} {metric.difference_unit}".strip()
        return Finding(
            "hint",
            f"The best trial was still learning when it ended: {shown} in the last fifth of {epochs} epochs.",
            "More epochs may do better:",
            anew(run, epochs=2 * planned),
        )
    if (lost := _more_than_luck(end - middle[:, best], end, run.experiment.folds)) is not None:
        shown = f"{metric.value(lost)} {metric.difference_unit}".strip()
        return Finding(
            "hint",
            f"The best trial was better before its end: it lost {shown} from epoch {best + width} to {epochs}.",
            "It learnt its films by heart: fewer epochs, augmentation or dropout help.",
            anew(run, epochs=best + width),
        )
    return Finding("passed", "The score of the best trial is level at its end.")


def _more_than_luck(
    differences: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    end: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    folds: int,
) -> float | None:
    """Mean of (folds,) differences, None where it may be luck or is small."""
    mean = float(differences.mean())
    error = standard_error(float(differences.std(ddof=1)), len(differences), folds)
    return mean if mean > ERRORS * error and mean > SHARE * float(end.mean()) else None
