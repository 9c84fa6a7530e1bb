"""The parts of the page about a model on films from elsewhere: each a small table, and the table as markup.

for part in parts(evaluated):
    part.title, part.table, part.panels
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass
from functools import partial

import pandas as pd

from reports import (
    accuracy_by_label,
    agreement,
    binary_figures,
    calibration,
    confusion,
    errors_by_label,
    probabilities,
    regression_figures,
    thresholds,
)
from reports._drawing.coverage import show_coverage
from reports._drawing.figures import Panel
from reports._drawing.words import phrase, sentence_case, words_of_labels
from reports._evaluation.films import (
    flow_rows,
    picture_rows,
    seen_rows,
    show_flow,
    show_pictures,
    show_seen,
)
from reports._evaluation.intervals import coverage_by_label, promise_rows, show_by_label
from reports._evaluation.judged import by_film, by_patient
from reports._evaluation.recalibration import mended_rows, show_mended, show_steps, step_rows
from reports._evidence.winner import Judged
from trials.evaluated import Evaluated
from xrays.patients import FEW, WHOSE

Show = Callable[[pd.DataFrame], list[Panel]]
FILM, PATIENT = "one answer a film", "one answer a patient"
BARS = f"Bars are 95 % intervals over patients. Cells with fewer than {FEW} patients have no number."


@dataclass(frozen=True)
class Part:
    """name: in links and files; title, note: for the reader; table: what it shows, with rows; show: of it."""

    name: str
    title: str
    note: str
    table: pd.DataFrame
    show: Show

    @property
    def panels(self) -> list[Panel]:
        """Markup and figures in their order."""
        return self.show(self.table)


def parts(evaluated: Evaluated) -> list[Part]:
    """Those that have something to say, in their order."""
    film, patient = by_film(evaluated), by_patient(evaluated)
    of_kind = _of_number if evaluated.task.kind == "regression" else _of_classes
    every = [
        Part("films", "Films", "What became of the films in the prepared folder.", flow_rows(evaluated), show_flow),
        _seen(evaluated),
        *of_kind(film, patient),
        *_calibration(evaluated, film, patient),
        *_recalibration(evaluated),
        _pictures(evaluated),
    ]
    return [_in_words(part, film) for part in every if len(part.table)]


def _in_words(part: Part, film: Judged) -> Part:
    more = words_of_labels(film.task, film.labels)
    title, note = (phrase(text, film.task, **more) for text in (part.title, part.note))
    return Part(part.name, sentence_case(title), note, part.table, part.show)


def _figures(data: Callable[[Judged], pd.DataFrame], film: Judged, patient: Judged | None) -> pd.DataFrame:
    """A column by film, one by patient, the constant."""
    table = data(film)
    own, known = table["model"] == film.predictions.name, [table[table["model"] != film.predictions.name]]
    columns = [table[own].assign(model=FILM)]
    if patient is not None:
        answers = data(patient)
        whose = dict(zip(WHOSE, astuple(film.predictions.whose), strict=True))
        columns.append(answers[answers["model"] == film.predictions.name].assign(model=PATIENT, **whose))
    return pd.concat([*columns, *known], ignore_index=True)


NOTE = (
    "In brackets the 95 % interval: how far a figure would move with other patients (they are drawn again a thousand "
    "times, with all their films). The constant is what is said by who knows the labels of the training films alone. "
)


def _of_number(film: Judged, patient: Judged | None) -> Iterator[Part]:
    yield Part(
        "figures", "How good it is on these films", NOTE, _figures(regression_figures.data, film, patient),
        regression_figures.show,
    )  # fmt: skip
    yield Part(
        "agreement", "Predicted against true {label}",
        "On the diagonal of the first picture predicted and true {label} are equal. The second (Bland and Altman) "
        "shows predicted minus true {label} over the mean of the two; 95 % of films are expected between the outer "
        "lines. The third shows predicted minus true {label} over the true {label}, with the mean of each band: "
        "where it falls from left to right, the {low} are predicted too {high} and the {high} too {low}.",
        agreement.data(film), agreement.show,
    )  # fmt: skip
    yield Part(
        "subgroups", "Error by {slices}", f"Points are mean absolute errors. {BARS}",
        errors_by_label.data(film), errors_by_label.show,
    )  # fmt: skip


def _of_classes(film: Judged, patient: Judged | None) -> Iterator[Part]:
    yield Part(
        "figures", "How good it is on these films",
        f"{NOTE}A film is called {{positive}} from a probability of 0.5 on.",
        _figures(binary_figures.data, film, patient), binary_figures.show,
    )  # fmt: skip
    yield Part(
        "confusion", "Confusion matrix",
        "A row is what the film is, a column what the model calls it: how many films, and their share of the row in "
        "% with its 95 % interval over patients.",
        confusion.data(film), confusion.show,
    )  # fmt: skip
    yield Part(
        "curves", "Curves",
        "Bands are 95 % intervals over patients, at each place by itself. ROC: the further to the upper left, the "
        "better; the dashed diagonal is guessing. Precision and recall: of the films called {positive}, how many "
        "are; of the {positive} films, how many are called so; the dashed line is calling all films {positive}. "
        "Reliability: films in groups of like probability, and the share of them that is {positive}; on the diagonal "
        "a probability can be taken at its word. Histogram: how the probabilities of each class are spread.",
        probabilities.data(film), probabilities.show,
    )  # fmt: skip
    yield Part(
        "subgroups", "Accuracy by {other_slices}", f"Points are shares of films that are labelled correctly. {BARS}",
        accuracy_by_label.data(film), accuracy_by_label.show,
    )  # fmt: skip
    yield Part(
        "thresholds", "Thresholds",
        "In steps, and what a stated criterion chooses on all these films; its figures are of thresholds chosen on "
        "other patients' films, as those on its own would be too good. The last two columns hold for the mixture of "
        "these films only. In brackets the 95 % interval over patients.",
        thresholds.data(film), thresholds.show,
    )  # fmt: skip


def _calibration(evaluated: Evaluated, film: Judged, patient: Judged | None) -> Iterator[Part]:
    number = film.task.kind == "regression"
    note = (
        "Points are films with like answers, by their mean answer and their mean true {label}; on the diagonal an "
        "answer can be taken at its word. A slope below 1 (true over predicted) says that answers are spread too "
        "widely; the slope of predicted over true values, that they are pulled to the mean."
        if number
        else "Whether a probability can be taken at its word; its curve is above."
    )
    yield Part("calibration", "Calibration", note, calibration.data(film), calibration.show)
    yield Part(
        "coverage", "Intervals",
        "The card promises an interval around every answer that holds for so many of new films, which are like those "
        "of the training. Here is for how many it holds on these.",
        promise_rows(evaluated, film, patient), partial(show_coverage, film.task),
    )  # fmt: skip
    yield Part(
        "holds", "Intervals by {slices}", f"Points are shares of films whose interval holds. {BARS}",
        coverage_by_label(evaluated, film), show_by_label,
    )  # fmt: skip


def _recalibration(evaluated: Evaluated) -> Iterator[Part]:
    yield Part(
        "local", "What local films are good for",
        "The model recalibrated on so many of these films, whole patients, and scored on half of the patients, none "
        "of whom it was fitted on; bands hold nine of ten divisions. At 0 films it is as it was.",
        step_rows(evaluated), show_steps,
    )  # fmt: skip
    yield Part(
        "recalibrated", "The recalibrated model",
        "All other figures of this page are of the model as it was, and of all films. These are of the films that it "
        "was not fitted on.",
        mended_rows(evaluated), show_mended,
    )  # fmt: skip


def _pictures(evaluated: Evaluated) -> Part:
    return Part(
        "pictures", "Pictures unlike the training films",
        "Properties of the films as their files have them, before they are prepared. The range is where the training "
        "films lie but for those far out. Many films outside say that answers here are extrapolations, whatever the "
        "score.",
        picture_rows(evaluated), show_pictures,
    )  # fmt: skip


def _seen(evaluated: Evaluated) -> Part:
    return Part(
        "seen", "Films that the model has seen",
        "All figures of this page are of these films together: those that the model has seen make them too good.",
        seen_rows(evaluated), show_seen,
    )  # fmt: skip
