"""How numbers are written on the page: one row a metric, the same digits everywhere.

spread("mae", 9.834, 0.41)     # "9.83 ± 0.41"
spread("accuracy", 0.842, None)    # "84.2"
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

from xrays.tasks import Task

MISSING = "–"


@dataclass(frozen=True)
class Metric:
    """factor: from the stored value to the one that is shown, in `unit`."""

    label: str
    meaning: str
    unit: str = ""
    decimals: int = 3
    factor: float = 1.0

    @property
    def heading(self) -> str:
        return f"{self.label}, {self.unit}" if self.unit else self.label


METRICS = {
    "mae": Metric("MAE", "mean absolute error", "years", 2),
    "rmse": Metric("RMSE", "root mean squared error, which large errors dominate", "years", 2),
    "r2": Metric("R²", "share of the variance of age that is explained; 0 for a constant", "", 2),
    "median_error": Metric("Median error", "half of the films have a smaller absolute error", "years", 2),
    "bias": Metric("Mean error", "predicted minus true age; 0 when neither too old nor too young", "years", 2),
    "skill": Metric("Skill", "share of the constant predictor's MAE that the model takes away", "%", 1, 100.0),
    "within_5": Metric("Within 5 years", "share of films with an error of at most 5 years", "%", 1, 100.0),
    "within_10": Metric("Within 10 years", "share of films with an error of at most 10 years", "%", 1, 100.0),
    "calibration_slope": Metric(
        "Calibration slope", "years that true age rises by for each predicted year; 1 is ideal", "", 2
    ),
    "slope": Metric("Slope", "years that predictions rise by for each true year; 1 without pull to the mean", "", 2),
    "accuracy": Metric("Accuracy", "share of films labelled correctly", "%", 1, 100.0),
    "auc": Metric("AUC", "chance that a random male film scores above a random female one; 0.5 for a constant"),
    "balanced_accuracy": Metric("Balanced accuracy", "mean of sensitivity and specificity", "%", 1, 100.0),
    "sensitivity": Metric("Sensitivity", "share of male films that are called male", "%", 1, 100.0),
    "specificity": Metric("Specificity", "share of female films that are called female", "%", 1, 100.0),
    "positive_value": Metric("Right when male", "share of films called male that are male", "%", 1, 100.0),
    "negative_value": Metric("Right when female", "share of films called female that are female", "%", 1, 100.0),
    "called_positive": Metric("Called male", "share of films called male", "%", 1, 100.0),
    "brier": Metric("Brier score", "mean squared error of the probability; 0 is perfect, 0.25 is always saying 0.5"),
}


def metric(name: str) -> Metric:
    """How to show that metric; one that is not listed is shown under its own name."""
    return METRICS.get(name) or Metric(name, name)


def value(name: str, number: float | None) -> str:
    """A metric's value without its unit."""
    row = metric(name)
    return MISSING if _missing(number) else _signed(f"{float(number or 0) * row.factor:.{row.decimals}f}")


def spread(name: str, mean: float | None, sd: float | None) -> str:
    """Mean ± `sd`, a standard error or deviation; the mean alone where that is unknown."""
    return value(name, mean) if _missing(mean) or _missing(sd) else f"{value(name, mean)} ± {value(name, sd)}"


def within(name: str, number: float, low: float, high: float) -> str:
    """`9.83 (9.41 to 10.20)`: a figure and its interval; the figure alone where that is unknown."""
    shown = value(name, number)
    return shown if _missing(number) or _missing(low) else f"{shown} ({value(name, low)} to {value(name, high)})"


def with_unit(name: str, shown: str) -> str:
    """`9.83 ± 0.41` becomes `9.83 ± 0.41 years`."""
    unit = metric(name).unit
    return f"{shown} {unit}" if unit and shown != MISSING else shown


def count(number: float | None) -> str:
    """A whole number with thousands apart."""
    return MISSING if _missing(number) else f"{round(float(number or 0)):,}"


def of_patients(films: int, patients: int) -> str:
    """`40 films of 30 patients`; where no two are of one, nobody need have known the patients: `40 films (each
    counted as a patient)`."""
    named = f"{count(films)} film{'s' * (films != 1)}"
    return f"{named} (each counted as a patient)" if films == patients else f"{named} of {count(patients)} patients"


def milliseconds(number: float | None) -> str:
    """Two decimals where they are most of the number."""
    if _missing(number):
        return MISSING
    known = float(number or 0)
    return f"{known:.2f}" if known < 10 else f"{known:,.0f}"


def scalar(given: object) -> str:
    """A parameter: floats with six digits, everything else as JSON writes it."""
    if isinstance(given, float):
        return f"{given:.6g}"
    return given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)


def gain(task: Task, score: float, other: float) -> str:
    """How much better than `other`, in words: a share of the error, or percentage points."""
    better = task.loss(other) - task.loss(score)
    if not better or _missing(better):
        return "no difference"
    if task.direction == "min":
        return (
            f"{abs(better) / other * 100:.0f} % {'less' if better > 0 else 'more'} error"
            if other
            else "no comparison"
        )
    return f"{abs(better) * 100:.1f} percentage points {'more' if better > 0 else 'less'}"


def _missing(number: float | None) -> bool:
    return number is None or not math.isfinite(number)


def _signed(shown: str) -> str:
    # A minus sign has the width of a digit, a hyphen has not.
    return shown.replace("-", "−")
