"""Table cells of a trial: what it is called and marked as, and its score as a picture.

[trial_cell(row), interval_cell(scale, row, "mae")]
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from reports._drawing.html import Html, text
from reports.leaderboard.interval import Scale

NOTEBOOK = "seed"  # label of the network of the notebook: a space's own first configuration


def trial_cell(row: Mapping[Hashable, Any]) -> Html:
    """`trial 17, default`, with a tag for baselines, the notebook's network and what is tied with the best. What
    another run has trained, too, says so."""
    same = f" <small>the same as {text(row['same'], 60)}</small>" if row["same"] else ""
    return Html(text(name_of(row), 60) + "".join(f" <em class={tag}>{tag}</em>" for tag in tags_of(row)) + same)


def name_of(row: Mapping[Hashable, Any]) -> str:
    """`trial 17, default`; the run stands in a column of its own."""
    label = str(row["label"])
    if row["kind"] == "baseline":
        return str(row["name"])
    return f"trial {row['number']}" + (f", {label}" if label and label != NOTEBOOK else "")


def tags_of(row: Mapping[Hashable, Any]) -> list[str]:
    """What it is marked as."""
    if row["kind"] == "baseline":
        return ["baseline"]
    tags = {
        "best": row["rank"] == 1 and not row["same"],
        "finalist": bool(row["seeds"]),
        "tied": row["tied"],
        "seed": row["label"] == NOTEBOOK,
    }
    return [tag for tag, given in tags.items() if given]


def interval_cell(scale: Scale, row: Mapping[Hashable, Any], objective: str) -> Html:
    """The mean as a line on a bar of one standard error to both sides, and a dot for each fold. The numbers stand
    beside it."""
    mean, error = row[objective], row[f"{objective}_se"]
    if pd.isna(mean):
        return Html("")
    error = 0.0 if pd.isna(error) else error
    low, high = scale.place(mean - error), scale.place(mean + error)
    return Html(f"<i style=--a:{low};--w:{high - low};--m:{scale.place(mean)}>{_dots(scale, row['by_fold'])}</i>")


def _dots(scale: Scale, by_fold: Mapping[int, float]) -> Html:
    """One path, whose strokes of no length have round ends: a thousand rows of elements for each fold would be slow.
    Without a score in a fold there is no dot."""
    strokes = "".join(f"M{scale.place(score)} 5h0" for score in by_fold.values() if not pd.isna(score))
    return Html(f"<svg><path d='{strokes}'/></svg>" if strokes else "")
