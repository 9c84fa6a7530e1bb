"""One wild value flattens no picture: what lies far outside is marked at the edge, and all else is to be seen."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from pages import group_of
from predicted_runs import predicted_run
from run_folders import run_folder, trial

from reports import load, sections
from reports._drawing.figures import Panel, score_range
from reports.augmentation.arms import arm_panels
from trials.records import TrialResult
from trials.store import RunStore
from xrays.tasks import TASKS

AGE = TASKS["age"]
DIVERGED = 7


def tried(count: int, wild: float | None = None) -> list[TrialResult]:
    rng = np.random.default_rng(0)
    found = []
    for number in range(count):
        rate = float(10 ** rng.uniform(-4, -1))
        params = {"depth": int(rng.integers(2, 5)), "rate": rate, "backbone": f"net{number % 2}"}
        score = 8.0 + abs(math.log10(rate) + 2.5)
        scores = [score] * 3 if wild is None or number != DIVERGED else [score, score, wild]
        found.append(trial(number, scores, params=params))
    return found


def figures(store: RunStore, name: str) -> Iterator[go.Figure]:
    section, group = load(name), group_of(store)
    table = section.data(group)
    panels = [] if table.empty else section.show(table)
    yield from (panel for panel in panels if isinstance(panel, go.Figure))


def extent(figure: go.Figure) -> float:
    """The largest number on the axis of scores or among the colours, 0 where no score is drawn."""
    found: list[float] = []
    for axis in (figure.layout.yaxis, figure.layout.xaxis):
        if axis.title.text and ("MAE" in axis.title.text or "years" in axis.title.text):
            found += list(axis.range or ())
    for trace in figure.data:
        if trace.type == "heatmap" and trace.zmax is not None:
            found.append(trace.zmax)
        elif trace.type in ("heatmap", "contour"):
            found += [cell for line in trace.z for cell in line if cell is not None]
    return max(map(abs, found), default=0.0)


def marked(figure: go.Figure) -> bool:
    symbols: list[Any] = []
    for trace in figure.data:
        if trace.type == "scatter" and trace.marker.symbol is not None and len(trace.x):
            given = trace.marker.symbol
            symbols += [given] if isinstance(given, str) else list(given)
    return any(symbol.endswith("-open") or symbol in ("circle-x", "x-thin") for symbol in symbols)


@pytest.mark.parametrize("baselines", [True, False])
@pytest.mark.parametrize("name", sections())
def test_a_trial_that_diverged_on_a_fold_leaves_the_others_to_be_seen(
    name: str, baselines: bool, tmp_path: Path
) -> None:
    store = run_folder(tmp_path, trials=tried(30, wild=1e6), with_baselines=baselines)
    if AGE.kind not in load(name).SECTION.kinds:
        return
    drawn = list(figures(store, name))
    assert all(extent(figure) < 25 for figure in drawn)
    of_scores = [figure for figure in drawn if extent(figure)]
    if any(f"trial {DIVERGED}" in figure.to_json() for figure in of_scores):
        assert any(map(marked, of_scores)), "where it is drawn, it stands at the edge and says so"


def test_a_wild_probe_does_not_widen_the_picture() -> None:
    scores = pd.Series([8.0, 9.0, 10.0])
    usual = score_range(AGE, scores, pd.Series([14.0, 11.0]))
    assert score_range(AGE, scores, pd.Series([14.0, 5000.0])) == usual == (8.0, 14.0)


@pytest.mark.parametrize("count", [1, 12])
def test_a_wild_film_of_the_best_trial_leaves_the_others_to_be_seen(count: int, tmp_path: Path) -> None:
    store = predicted_run(tmp_path, "age", [0.3], films=200)
    file = store.path / "oof" / "00000.npy"
    predicted = np.load(file)
    some = np.flatnonzero(np.isfinite(predicted[0]))[:count]
    predicted[0, some] += np.linspace(500, 10_000, count)
    np.save(file, predicted)
    first, second, third = figures(store, "agreement")
    assert max(first.data[0].y) < 130
    assert all(max(map(abs, figure.layout.yaxis.range)) < 40 for figure in (second, third))
    for figure in (first, second, third):
        assert list(figure.data[0].marker.symbol).count("circle-open") == count
        assert max(figure.data[0].customdata) > 400, "the dot says where it would be"


def arms(wild: float) -> list[dict[Any, Any]]:
    shared = {
        "run": "run", "trial": 1, "operations": "flip", "command": "", "current": True, "leading": True,
        "learned": True, "reference": 9.0, "error": "", "films": 90, "whose": "90 films of 80 patients",
        "folds": 3, "of": 3, "worse": 1,
    }  # fmt: skip
    sizes: Sequence[tuple[str, str, float]] = (
        ("all off", "", 0.4), ("without", "flip", -0.2), ("without", "zoom", 0.1), ("alone", "flip", wild),
    )  # fmt: skip
    return [
        {**shared, "kind": kind, "operation": operation, "difference": size, "score": 9.0 + size, "low": size - 0.3,
         "high": size + 0.3 + abs(size)}
        for kind, operation, size in sizes
    ]  # fmt: skip


def test_an_arm_that_diverged_leaves_the_others_to_be_seen() -> None:
    panels: list[Panel] = arm_panels(AGE, arms(4000.0), several=False)
    (figure,) = (panel for panel in panels if isinstance(panel, go.Figure))
    dots = figure.data[1]
    assert max(figure.layout.xaxis.range) < 6 and max(dots.x) < 6
    assert list(dots.marker.symbol) == ["circle"] * 3 + ["circle-open"] and dots.customdata[3] == 4000
    (usual,) = (panel for panel in arm_panels(AGE, arms(0.3), several=False) if isinstance(panel, go.Figure))
    assert set(usual.data[1].marker.symbol) == {"circle"}
