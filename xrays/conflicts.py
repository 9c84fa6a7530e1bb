"""Patients whose films contradict each other: two genders, or an age that falls over time.

    table = conflicts(ids, groups, labels, columns)         # patient, conflict, films
    layout = without_conflicts(layout)                      # their films are left out

Nobody knows which of the films is right, so a patient's films are all kept or all left out. That an age falls is seen
where the order in time is known: from the column follow_up, or else from study, a date.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xrays.label_texts import Unreadable, sortable_date
from xrays.label_values import Labels
from xrays.labels import LABELS
from xrays.layout import Layout, rejected_table
from xrays.patients import patient_known

COLUMNS = ("patient", "conflict", "films")


def conflicts(
    ids: NDArray[np.int64], groups: NDArray[np.str_], labels: Labels, columns: Mapping[str, NDArray[np.str_]]
) -> pd.DataFrame:
    """COLUMNS, one row for each conflict of a known patient, by patient: the ids of the films with their values, in
    time where that is known. ids, groups, labels, columns: (n,), as of a layout."""
    time = _times(columns, len(ids))
    order = np.lexsort((ids, np.nan_to_num(time, nan=np.inf), groups))
    order = order[patient_known(groups)[order]]
    rows = []
    for name, label in LABELS.items():
        if name not in labels or not label.of_patient:
            continue
        known = order[np.isfinite(labels[name][order])]
        if label.of_patient == "rising":
            known = known[np.isfinite(time[known])]
        if not len(known):
            continue
        same = groups[known][1:] == groups[known][:-1]
        step = np.diff(labels[name][known])
        wrong = step != 0 if label.of_patient == "same" else (step < 0) & (np.diff(time[known]) > 0)
        what = f"several {name}s" if label.of_patient == "same" else f"{name} falls over time"
        for patient in np.unique(groups[known][1:][same & wrong]):
            films = known[groups[known] == patient]
            values = labels[name][films]
            said = [label.class_names[int(value)] if label.class_names else f"{value:g}" for value in values]
            listed = "; ".join(f"{film}: {each}" for film, each in zip(ids[films], said, strict=True))
            rows.append((str(patient), what, listed))
    return pd.DataFrame(sorted(rows), columns=list(COLUMNS), dtype=object)


def without_conflicts(layout: Layout) -> Layout:
    """The layout without the films of patients with a conflict, which are left out with the conflict as reason."""
    table = conflicts(layout.ids, layout.groups, layout.labels, layout.columns)
    reasons = dict(zip(table.patient[::-1], table.conflict[::-1], strict=True))  # of several the first
    out = np.isin(layout.groups, list(reasons))
    kept = np.flatnonzero(~out)
    names = layout.columns.get("name", layout.ids.astype(str))
    left = rejected_table(
        (names[row], layout.paths[int(row)], f"patient with a conflict: {reasons[str(layout.groups[row])]}")
        for row in np.flatnonzero(out)
    )
    return replace(
        layout,
        words=(*layout.words, "--conflicts", "drop"),
        ids=layout.ids[kept],
        paths=[layout.paths[row] for row in kept.tolist()],
        labels={name: values[kept] for name, values in layout.labels.items()},
        groups=layout.groups[kept],
        columns={name: texts[kept] for name, texts in layout.columns.items()},
        left_out=pd.concat([layout.left_out, left], ignore_index=True),
    )


def _times(columns: Mapping[str, NDArray[np.str_]], count: int) -> NDArray[np.float64]:
    """(n,) numbers that rise with time among the films of a patient, NaN where that is not known."""
    if "follow_up" in columns:
        return pd.to_numeric(pd.Series(columns["follow_up"]), errors="coerce").to_numpy(np.float64)
    if "study" not in columns:
        return np.full(count, np.nan)
    number = {text: _day(text) for text in np.unique(columns["study"]).tolist()}
    return np.array([number[text] for text in columns["study"].tolist()], np.float64)


def _day(text: str) -> float:
    try:
        day = sortable_date(text)
    except Unreadable:
        return np.nan
    return float(f"{day.replace('-', '')}0000"[:8]) if day else np.nan
