"""The films that the best trial answers worst and best: often the worst say what is wrong with the data."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports._drawing.figures import Panel
from reports._drawing.gallery import gallery, picture
from reports._drawing.html import Html, Number, join, text
from reports._drawing.html import table as html_table
from reports._drawing.words import label_text
from reports._evidence.groups import Group
from reports._evidence.pixels import pixels_of
from reports._evidence.rows import task_of
from reports._section import Section
from trials.best import best_trials
from trials.explained import in_words
from xrays.pictures import png
from xrays.tasks import Task

SECTION = Section(
    order=70,
    title="Worst and best films",
    note="Films of the cross-validation, each answered by a network trained on the other folds; of a known patient "
    "at most one. Look at the worst for wrong labels, poor films, devices, or a kind of patient that the training "
    "films lack. The best are no evidence of quality: among many films some are answered well by chance. Films are "
    "shown small and padded to a square, as the network gets them, but with bones white.",
)
EACH = 6
COLUMNS = ["task", "kind", "film", "labels", "answer", "error", "pixels", "why"]
NOT_WANTED = "Films are left out of this page (--no-images)."


def data(group: Group) -> pd.DataFrame:
    """One row a film, the worst first, then the best. labels: all of them in words, since another one often explains
    the error; answer, error: the means of all repeats and seeds; pixels: a PNG file or b""; why: there is none, or
    None."""
    first = best_trials(group.rows, 1).to_dict("records")
    if not first:
        return pd.DataFrame(columns=COLUMNS)
    run = str(first[0]["run"])
    answers = group.every_seed(run, int(first[0]["number"]))
    films = group.films
    if answers is None:
        return pd.DataFrame(columns=COLUMNS)
    errors = np.abs(answers - films.targets(group.task))
    scored = np.flatnonzero(films.development() & np.isfinite(errors).all(axis=0))
    answer, error = answers.mean(axis=0), errors.mean(axis=0)
    ordered = scored[np.argsort(-error[scored], kind="stable")]
    worst = _one_a_patient(ordered, films.groups, set())
    fine = _one_a_patient(ordered[::-1], films.groups, {str(films.groups[row]) for row in worst})
    store = next(store for store in group.runs if store.path.name == run)
    seen, why = pixels_of(store, [*worst, *fine]) if group.images else ({}, NOT_WANTED)
    rows = [
        (
            group.task.name,
            kind,
            str(films.ids[row]),
            ", ".join(label_text(label, float(films.labels[label.name][row])) for label in group.labels),
            float(answer[row]),
            float(error[row]),
            png(seen[row]) if row in seen else b"",
            why,
        )
        for kind, chosen in (("worst", worst), ("best", fine))
        for row in chosen
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _one_a_patient(rows: NDArray[np.int64], groups: NDArray[np.str_], taken: set[str]) -> list[int]:
    chosen: list[int] = []
    for row in rows.tolist():
        if len(chosen) < EACH and str(groups[row]) not in taken:
            taken.add(str(groups[row]))
            chosen.append(row)
    return chosen


def show(table: pd.DataFrame) -> list[Panel]:
    """The films with labels and answers, or, where none may or can be shown, a table of these."""
    task = task_of(table)
    panels: list[Panel] = [Html(f"<p>{text(table['why'].iloc[0])}</p>")] if table["why"].iloc[0] else []
    if (table["pixels"].map(len) > 0).any():
        for kind, of_kind in table.groupby("kind", sort=False):
            entries = [_entry(task, row) for row in of_kind.to_dict("records")]
            panels.append(join([Html(f"<h4>The {text(kind)}</h4>"), gallery(entries)]))
        return panels
    rows = [
        [
            text(f"{row['kind']}: {row['film']}"),
            *(Number(text(word)) for word in (row["labels"], in_words(task, float(row["answer"])))),
        ]
        for row in table.to_dict("records")
    ]
    return [*panels, html_table("Worst and best films", ["Film", "Label", "Answer"], rows)]


def _entry(task: Task, row: Mapping[Hashable, Any]) -> tuple[Html, Html]:
    caption = join(
        [
            text(f"film {row['film']}"),
            text(f"label: {row['labels']}"),
            text(f"answer: {in_words(task, float(row['answer']))}"),
        ],
        "<br/>",
    )
    return picture(row["pixels"], f"film {row['film']}", 144), caption
