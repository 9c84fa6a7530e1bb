"""How a metric is called and written, in a task's words and unit: the same digits everywhere on the page.

shown = objective_of(TASKS["age"])
shown.spread(9.834, 0.41)                                          # "9.83 ± 0.41"
metric_of(TASKS["gender"], "accuracy").within(0.842, 0.81, 0.87)   # "84.2 (81.0 to 87.0)"
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from reports._drawing.numbers import MISSING, is_missing, with_minus
from reports._drawing.words import phrase
from xrays.tasks import Task


@dataclass(frozen=True)
class Metric:
    """factor: from the stored value to the one that is shown, in `unit`, with so many decimals."""

    label: str
    meaning: str
    unit: str = ""
    decimals: int = 3
    factor: float = 1.0

    @property
    def heading(self) -> str:
        """`MAE, years`, or the label alone where there is no unit."""
        return f"{self.label}, {self.unit}" if self.unit else self.label

    @property
    def within_a_sentence(self) -> str:
        """The label, in lower case unless it is an abbreviation."""
        return self.label if self.label.isupper() else self.label.lower()

    def value(self, number: float | None) -> str:
        """A stored value without its unit."""
        return MISSING if is_missing(number) else with_minus(f"{float(number or 0) * self.factor:.{self.decimals}f}")

    def spread(self, mean: float | None, sd: float | None) -> str:
        """Mean ± `sd`, a standard error or deviation; the mean alone where that is unknown."""
        return self.value(mean) if is_missing(mean) or is_missing(sd) else f"{self.value(mean)} ± {self.value(sd)}"

    def within(self, number: float, low: float, high: float) -> str:
        """`9.83 (9.41 to 10.20)`: a figure and its interval; the figure alone where that is unknown."""
        shown = self.value(number)
        return (
            shown if is_missing(number) or is_missing(low) else f"{shown} ({self.value(low)} to {self.value(high)})"
        )

    @property
    def difference_unit(self) -> str:
        """The unit of a difference of two values."""
        return "percentage points" if self.unit == "%" else self.unit

    def signed(self, number: float) -> str:
        """`+0.40`: a difference without its unit."""
        shown = self.value(number)
        return f"+{shown}" if number > 0 else shown

    def signed_within(self, number: float, low: float, high: float) -> str:
        """`+0.40 (+0.10 to +0.70)`, the difference alone where its interval is not known."""
        shown = self.signed(number)
        return (
            shown if is_missing(number) or is_missing(low) else f"{shown} ({self.signed(low)} to {self.signed(high)})"
        )

    def with_unit(self, shown: str) -> str:
        """`9.83 ± 0.41` becomes `9.83 ± 0.41 years`."""
        return f"{shown} {self.unit}" if self.unit and shown != MISSING else shown


# Words in braces are those of `words`. An error in the label's own unit has one decimal more than the label.
LABEL_DECIMALS = -1
METRICS = {
    "mae": Metric("MAE", "mean absolute error", "{unit}", LABEL_DECIMALS),
    "rmse": Metric("RMSE", "root mean squared error, which large errors dominate", "{unit}", LABEL_DECIMALS),
    "r2": Metric("R²", "share of the variance of {label} that is explained; 0 for a constant", "", 2),
    "median_error": Metric(
        "Median error", "half of the films have a smaller absolute error", "{unit}", LABEL_DECIMALS
    ),
    "bias": Metric(
        "Mean error",
        "predicted minus true {label}; 0 when neither too {high} nor too {low}",
        "{unit}",
        LABEL_DECIMALS,
    ),
    "skill": Metric("Skill", "share of the constant predictor's MAE that the model takes away", "%", 1, 100.0),
    "within": Metric("Within {most}", "share of films with an error of at most {most}", "%", 1, 100.0),
    "calibration_slope": Metric(
        "Calibration slope", "{unit} that true {label} rises by for each predicted {one_unit}; 1 is ideal", "", 2
    ),
    "slope": Metric(
        "Slope", "{unit} that predictions rise by for each true {one_unit}; 1 without pull to the mean", "", 2
    ),
    "coverage": Metric("Coverage", "share of films whose true {label} is within the interval", "%", 1, 100.0),
    "width": Metric("Mean width", "of the whole interval", "{unit}", LABEL_DECIMALS),
    "outside": Metric("Outside", "share of films that lie outside of the range of the training films", "%", 1, 100.0),
    "accuracy": Metric("Accuracy", "share of films labelled correctly", "%", 1, 100.0),
    "auc": Metric(
        "AUC", "chance that a random {positive} film scores above a random {negative} one; 0.5 for a constant"
    ),
    "balanced_accuracy": Metric("Balanced accuracy", "mean of sensitivity and specificity", "%", 1, 100.0),
    "sensitivity": Metric("Sensitivity", "share of {positive} films that are called {positive}", "%", 1, 100.0),
    "specificity": Metric("Specificity", "share of {negative} films that are called {negative}", "%", 1, 100.0),
    "positive_value": Metric(
        "Right when {positive}", "share of films called {positive} that are {positive}", "%", 1, 100.0
    ),
    "negative_value": Metric(
        "Right when {negative}", "share of films called {negative} that are {negative}", "%", 1, 100.0
    ),
    "called_positive": Metric("Called {positive}", "share of films called {positive}", "%", 1, 100.0),
    "calibration_error": Metric(
        "Calibration error",
        "how far probabilities are from shares of {positive} films, a mean over films; of few films above 0 anyway",
        "percentage points",
        1,
        100.0,
    ),
    "logit_slope": Metric(
        "Calibration slope",
        "of the log odds of being {positive} over those that were said; below 1 is too sure",
        "",
        2,
    ),
    "logit_intercept": Metric(
        "Calibration intercept", "log odds of {positive} beyond what was said, on average; 0 is ideal", "", 2
    ),
    "brier": Metric("Brier score", "mean squared error of the probability; 0 is perfect, 0.25 is always saying 0.5"),
}


@lru_cache
def metric_of(task: Task, name: str) -> Metric:
    """How to show that metric of the task; one that is not listed is shown under its own name. `within_5`: the share
    of films with an error of at most 5 of the label's unit."""
    known, _, most = name.partition("within_")
    row = METRICS["within"] if most and not known else METRICS.get(name)
    if row is None:
        return Metric(name, name)
    reach = f"{most} {task.unit}".strip()
    return replace(
        row,
        label=phrase(row.label, task, most=reach),
        meaning=phrase(row.meaning, task, most=reach),
        unit=task.unit if row.unit == "{unit}" else row.unit,
        decimals=task.label.decimals + 1 if row.decimals == LABEL_DECIMALS else row.decimals,
    )


def objective_of(task: Task) -> Metric:
    """How to show the metric that searches of the task improve."""
    return metric_of(task, task.objective)
