"""Whether the folds and the hold-out hold alike patients: films, patients and labels of every split."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports._drawing.figures import DASHES, GREY, Panel, new_figure, run_style
from reports._drawing.html import Html, Number, join, text
from reports._drawing.html import table as html_table
from reports._drawing.numbers import MISSING, count
from reports._drawing.words import axis_title, enumeration, plain_name, sentence_case
from reports._evidence.groups import Group
from reports._section import Section
from xrays.labels import LABELS, Label

if TYPE_CHECKING:
    import plotly.graph_objects as go

SECTION = Section(
    order=80,
    title="{labels} of the splits",
    note="The splits were made before anything was trained; the more alike they are, the less do scores differ from "
    "fold to fold for reasons that have nothing to do with the models. Of the hold-out this tells the labels alone, "
    "no score.",
)
NAMES = {-1: "hold-out", -2: "not used"}


def data(group: Group) -> pd.DataFrame:
    """One row a split, folds first: split, films, patients, and of every label that the films have its columns.

    Of a number `<label>`, its mean, `<label>_sd`, `<label>_least`, `<label>_most`, and `<label>_shares`: per cent of
    the films with the label in each of `bins`. Of two classes `<label>`, the share of the second. Of each
    `<label>_missing`: films without it."""
    films, rows = group.films, []
    splits = sorted(np.unique(films.assignment).tolist(), key=lambda split: (split < 0, abs(split)))
    for split in splits:
        in_split = films.assignment == split
        row: dict[str, Any] = {
            "split": NAMES.get(split, f"fold {split}"),
            "films": int(in_split.sum()),
            "patients": len(np.unique(films.groups[in_split])),
        }
        for label in group.labels:
            row |= _of_label(label, films.labels[label.name][in_split].astype(np.float64))
        rows.append(row)
    return pd.DataFrame(rows)


def _of_label(label: Label, values: NDArray[np.float64]) -> dict[str, Any]:
    name, known = label.name, values[np.isfinite(values)]
    columns: dict[str, Any] = {name: float(known.mean()) if known.size else math.nan}
    if label.kind == "number":
        edges, names = bins(label)
        counts = np.bincount(np.digitize(known, edges), minlength=len(names))
        columns |= {
            f"{name}_sd": float(known.std(ddof=1)) if known.size > 1 else math.nan,
            f"{name}_least": float(known.min()) if known.size else math.nan,
            f"{name}_most": float(known.max()) if known.size else math.nan,
            f"{name}_shares": (100 * counts / max(known.size, 1)).round(2).tolist(),
        }
    return {**columns, f"{name}_missing": len(values) - known.size}


def bins(label: Label) -> tuple[list[float], list[str]]:
    """Edges between the bins of a picture, and the names of the bins, one more. Those of the label's bands; where
    these are of one width, as many more of it as lie between the least value and the first edge, and one above."""
    edges = list(label.edges)
    widths = {high - low for low, high in pairwise(edges)}
    if len(widths) != 1 or not math.isfinite(label.least):
        return edges, list(label.group_names)
    (width,) = widths
    below = np.arange(label.least + width, edges[0], width).tolist()
    edges = [*below, *edges, edges[-1] + width]
    last = 1 if all(float(edge).is_integer() for edge in edges) else 0
    between = [f"{low:g}–{high - last:g}" for low, high in pairwise([label.least, *edges])]
    return edges, [*between, f"{edges[-1]:g} and over"]


def show(table: pd.DataFrame) -> list[Panel]:
    """The table of the splits, and for each label that is a number a figure of its distribution."""
    labels = [label for name, label in LABELS.items() if name in table]
    numbers = [label for label in labels if label.kind == "number"]
    return [join([_kept_together(table), _table(table, labels)]), *(_figure(table, label) for label in numbers)]


def _figure(table: pd.DataFrame, label: Label) -> go.Figure:
    figure = new_figure(axis_title(label), "share of the split's films, %", height=340)
    for place, row in enumerate(table.to_dict("records")):
        fold = str(row["split"]).startswith("fold")
        colour, symbol = run_style(place) if fold else (GREY, "circle-open")
        figure.add_scatter(
            x=bins(label)[1],
            y=row[f"{label.name}_shares"],
            mode="lines+markers",
            name=str(row["split"]),
            marker={"symbol": symbol, "size": 8},
            line={
                "color": colour,
                "width": 1.5 if fold else 3,
                "dash": "solid" if fold else DASHES["constant"],
            },
            hovertemplate=f"{text(row['split'])}, %{{x}}: %{{y:.1f}} %<extra></extra>",
        )
    figure.update_xaxes(type="category")
    return figure


def _kept_together(table: pd.DataFrame) -> Html:
    """What holds of these films: where every film is a group of its own, there was nothing to keep together."""
    alone = table["films"].sum() == table["patients"].sum()
    return Html(
        "<p>No patient is known to have two films: every film counts as a patient of its own.</p>"
        if alone
        else "<p>All films of a patient are in one split.</p>"
    )


def _table(table: pd.DataFrame, labels: list[Label]) -> Html:
    head = ["Split", "Films", "Patients"]
    for label in labels:
        head += (
            [sentence_case(axis_title(label)), "Range"]
            if label.kind == "number"
            else [f"{sentence_case(label.class_names[1])}, %"]
        )
    head += [f"Without {plain_name(label.name)}" for label in labels]
    rows = []
    for row in table.to_dict("records"):
        cells = [count(row["films"]), count(row["patients"])]
        for label in labels:
            cells += _numbers(row, label) if label.kind == "number" else [_share(row[label.name])]
        cells += [count(row[f"{label.name}_missing"]) for label in labels]
        rows.append([text(row["split"]), *map(Number, cells)])
    caption = f"Films, patients, {enumeration([plain_name(label.name) for label in labels])} of every split"
    return html_table(caption, head, rows)


def _numbers(row: dict[Any, Any], label: Label) -> list[str]:
    """Mean ± standard deviation, and the range."""
    mean, sd, least, most = (row[f"{label.name}{end}"] for end in ("", "_sd", "_least", "_most"))
    if math.isnan(mean):
        return [MISSING, MISSING]
    decimals, fewer = label.decimals, max(0, label.decimals - 1)
    spread = "" if math.isnan(sd) else f" ± {sd:.{decimals}f}"
    return [f"{mean:.{decimals}f}{spread}", f"{least:.{fewer}f}–{most:.{fewer}f}"]


def _share(share: float) -> str:
    return MISSING if math.isnan(share) else f"{100 * share:.1f}"
