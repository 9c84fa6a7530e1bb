"""The flow of films, as STARD 2015 and CONSORT 2010 draw it: how many came in, which were left out and why, and the
split that the others went into. Every number is of films and adds up."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports._drawing.figures import Panel
from reports._drawing.flow import LISTED, OUT, PREPARED, SPLIT, drawn
from reports._drawing.html import Html, Long, Number, text
from reports._drawing.html import table as html_table
from reports._drawing.numbers import MISSING, count
from reports._drawing.words import enumeration, plain_name
from reports._evidence.groups import Group
from reports._section import Section
from trials.collected import Collected, load_collected
from trials.films import Films
from xrays.assignment import every_fold, of_fold
from xrays.patients import whose
from xrays.tasks import Task

SECTION = Section(
    order=78,
    title="Flow of films",
    note="Rejected are films that are broken, left out such as are whole and not wanted, and labels without a film. "
    "Films of one patient are never in two splits. Patients are counted where they are known; what is known of films "
    "that were left out is in rejected.csv and left_out.csv of the prepared folder.",
)
COLUMNS = ["slug", "flow", "data", "step", "what", "films", "patients"]


def data(group: Group) -> pd.DataFrame:
    """A row a box or reason, from the top to the bottom; patients NaN where they are not known. Runs on the same
    films that were prepared in two ways have a flow each, named in `data`."""
    flows: list[tuple[Collected | None, list[str]]] = []
    for run in group.runs:
        collected = load_collected(run)
        alike = next((names for other, names in flows if _same(other, collected)), None)
        if alike is None:
            flows.append((collected, alike := []))
        alike.append(run.experiment.data)
    rows = [
        (group.slug, number, enumeration(list(dict.fromkeys(names))), *row)
        for number, (collected, names) in enumerate(flows, 1)
        for row in _flow(group.task, group.films, collected)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _same(one: Collected | None, other: Collected | None) -> bool:
    """Whether two runs tell of one flow: at another size the films are the same."""
    if one is None or other is None:
        return one is other
    return (one.came, one.reasons, one.copies) == (other.came, other.reasons, other.copies)


def _flow(task: Task, films: Films, collected: Collected | None) -> Iterator[tuple[str, str, int, float]]:
    label, nobody = plain_name(task.label.name), np.nan
    if collected:
        yield LISTED, "listed by the collection", collected.came, nobody
        for kind, reasons in collected.reasons.items():
            for reason, many in reasons.items():
                yield OUT, f"{kind}: {reason}", many, nobody
    copies = f", {count(collected.copies)} of them copies of another" if collected and collected.copies else ""
    yield PREPARED, f"prepared{copies}", *_counted(films, np.ones(len(films.ids), np.bool_))
    labelled = np.isfinite(films.targets(task))
    used = films.development() | films.hold_out()
    for what, which in ((f"without {label}", ~labelled), ("not used, as the given split says", labelled & ~used)):
        if which.any():
            yield OUT, what, *_counted(films, which)
    yield SPLIT, _folds(films, labelled), *_counted(films, films.development() & labelled)
    if films.hold_out().any():
        yield SPLIT, "hold-out, no part of the search", *_counted(films, films.hold_out() & labelled)


def _counted(films: Films, which: NDArray[np.bool_]) -> tuple[int, float]:
    """Films, and patients where all of them are known."""
    of = whose(films.groups[which])
    return of.films, np.nan if of.unknown else of.patients


def _folds(films: Films, labelled: NDArray[np.bool_]) -> str:
    """`development, in 5 folds of 102 to 104 films`."""
    assignment = films.assignment
    sizes = [int((of_fold(assignment, fold) & labelled).sum()) for fold in every_fold(assignment)]
    repeats = f"{len(assignment)} × " * (len(assignment) > 1)
    between = count(min(sizes)) + f" to {count(max(sizes))}" * (max(sizes) > min(sizes))
    return f"development, in {repeats}{len(sizes) // len(assignment)} folds of {between} films"


def show(table: pd.DataFrame) -> list[Panel]:
    """Every flow as a picture, and the same as a table."""
    panels: list[Panel] = []
    for number, rows in groupby(table.to_dict("records"), lambda row: row["flow"]):
        listed = list(rows)
        title = f"Flow of films of {listed[0]['data']}"
        picture = drawn(title, f"{listed[0]['slug']}-flow-drawn-{number}", listed)
        cells = [[Long(text(row["what"])), Number(count(row["films"])), Number(_patients(row))] for row in listed]
        same = html_table(title, ["What became of them", "Films", "Patients"], cells)
        panels.append(Html(f"{picture}<details><summary>{text(title)}, as a table</summary>{same}</details>"))
        if listed[0]["step"] != LISTED:
            panels.append(Html(f"<p class='note'>{NOT_KEPT}</p>"))
    return panels


NOT_KEPT = (
    "What the collection lists, and what was left out when the films were prepared, is not in these run folders: "
    "they are of a version that did not keep it. The same search command writes it down."
)


def _patients(row: dict[Any, Any]) -> str:
    return MISSING if np.isnan(row["patients"]) else count(row["patients"])
