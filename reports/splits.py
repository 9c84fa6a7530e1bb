"""Whether the folds and the hold-out hold alike patients: films, patients, age and gender of every split."""

from __future__ import annotations

import numpy as np
import pandas as pd

from reports._drawing.figures import DASHES, GREY, Panel, look, new_figure
from reports._drawing.html import Html, Number, join, text
from reports._drawing.html import table as html_table
from reports._drawing.numbers import MISSING, count
from reports._evidence.groups import Group
from reports._section import Section
from xrays.tasks import TASKS

SECTION = Section(
    order=80,
    title="Age and gender of the splits",
    tasks=tuple(TASKS),
    note="The splits were made before anything was trained; the more alike they are, the less do scores differ from "
    "fold to fold for reasons that have nothing to do with the models. Of the hold-out this tells the labels alone, "
    "no score.",
    empty="",
)
NAMES = {-1: "hold-out", -2: "not used"}
DECADES = np.arange(0, 101, 10)
COLUMNS = [
    "split",
    "films",
    "patients",
    "age",
    "age_sd",
    "youngest",
    "oldest",
    "no_age",
    "male",
    "no_gender",
    "shares",
]


def data(group: Group) -> pd.DataFrame:
    """One row a split, folds first. male: share of the films with a gender; shares: per cent of the films with an age
    in each decade."""
    films, found = group.films, []
    assignment = films.assignment
    splits = sorted(np.unique(assignment).tolist(), key=lambda split: (split < 0, abs(split)))
    for split in splits:
        own = assignment == split
        age = films.labels["age"][own].astype(np.float64)
        age = age[np.isfinite(age)]
        gender = films.labels["gender"][own]
        known = gender[np.isfinite(gender)]
        counts = np.histogram(age.clip(0, 99.9), DECADES)[0]
        found.append(
            (
                NAMES.get(split, f"fold {split}"),
                int(own.sum()),
                len(np.unique(films.groups[own])),
                float(age.mean()) if age.size else np.nan,
                float(age.std(ddof=1)) if age.size > 1 else np.nan,
                float(age.min()) if age.size else np.nan,
                float(age.max()) if age.size else np.nan,
                int(own.sum()) - age.size,
                float(known.mean()) if known.size else np.nan,
                int(np.isnan(gender).sum()),
                (100 * counts / max(age.size, 1)).round(2).tolist(),
            )
        )
    return pd.DataFrame(found, columns=COLUMNS)


def show(table: pd.DataFrame) -> list[Panel]:
    figure = new_figure("age, decades", "share of the split's films, %", height=340)
    labels = [f"{low}–{low + 9}" for low in DECADES[:-2]] + ["90 and over"]
    for place, row in enumerate(table.to_dict("records")):
        fold = str(row["split"]).startswith("fold")
        colour, symbol = look(place) if fold else (GREY, "circle-open")
        figure.add_scatter(
            x=labels,
            y=row["shares"],
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
    return [join([_kept_together(table), _table(table)]), figure]


def _kept_together(table: pd.DataFrame) -> Html:
    """What holds of these films: where every film is a group of its own, there was nothing to keep together."""
    alone = table["films"].sum() == table["patients"].sum()
    return Html(
        "<p>No patient is known to have two films: every film counts as a patient of its own.</p>"
        if alone
        else "<p>All films of a patient are in one split.</p>"
    )


def _table(table: pd.DataFrame) -> Html:
    rows = [
        [
            text(row["split"]),
            Number(count(row["films"])),
            Number(count(row["patients"])),
            Number(_years(row["age"], row["age_sd"])),
            Number(MISSING if np.isnan(row["age"]) else f"{row['youngest']:.0f}–{row['oldest']:.0f}"),
            Number(MISSING if np.isnan(row["male"]) else f"{100 * row['male']:.1f}"),
            Number(count(row["no_age"])),
            Number(count(row["no_gender"])),
        ]
        for row in table.to_dict("records")
    ]
    head = ["Split", "Films", "Patients", "Age, years", "Range", "Male, %", "Without age", "Without gender"]
    return html_table("Films, patients, age and gender of every split", head, rows)


def _years(mean: float, sd: float) -> str:
    if np.isnan(mean):
        return MISSING
    return f"{mean:.1f}" if np.isnan(sd) else f"{mean:.1f} ± {sd:.1f}"
