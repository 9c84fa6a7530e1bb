"""Searches that differ in their seed alone are one curve: its median and range, by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest
from pages import group_of, rows_of
from run_folders import run_folder, scores, trial

from reports import load
from reports.progress.seeds import Curve, families, over_seeds
from trials.store import RunStore


def seeded(parent: Path, name: str, seed: int, ends: Sequence[tuple[int, float]], **identity: str) -> RunStore:
    """ends: minute in which a trial was over, and its error."""
    task = identity.get("task", "age")
    results = [
        replace(
            trial(number, scores(task, error) * 3, task=task),
            started="2026-01-01T00:00:00Z",
            finished=f"2026-01-01T00:{minute:02d}:00Z",
        )
        for number, (minute, error) in enumerate(ends)
    ]
    return run_folder(parent, name, results, seed=seed, **identity)


def three(parent: Path) -> list[RunStore]:
    """Bests: 10, 8 from minute 4; 9 from minute 2, 7 from minute 5; 11 from minute 1, 9.5 from minute 3."""
    return [
        seeded(parent, "tpe-0", 0, [(1, 10.0), (4, 8.0), (6, 9.0)]),
        seeded(parent, "tpe-1", 1, [(2, 9.0), (5, 7.0)]),
        seeded(parent, "tpe-2", 2, [(1, 11.0), (3, 9.5), (9, 9.4)]),
    ]


def test_only_the_seed_may_differ(tmp_path: Path) -> None:
    runs = [*three(tmp_path), seeded(tmp_path, "random", 0, [(2, 9.0)], sampler="random")]
    assert families(runs) == {"tpe-0": "tpe-0", "tpe-1": "tpe-0", "tpe-2": "tpe-0", "random": "random"}


def test_the_median_is_over_all_seeds_at_every_time() -> None:
    """Together they run from 2, where the second begins, to 5, where it ends."""
    curves = [
        Curve(np.array([1.0, 4, 6]), np.array([10.0, 8, 8])),
        Curve(np.array([2.0, 5]), np.array([9.0, 7])),
        Curve(np.array([1.0, 3, 9]), np.array([11.0, 9.5, 9.4])),
    ]
    x, median, low, high = over_seeds(curves)
    assert x.tolist() == [2, 3, 4, 5]
    assert median.tolist() == [10, 9.5, 9, 8]
    assert low.tolist() == [9, 9, 8, 7] and high.tolist() == [11, 10, 9.5, 9.5]
    apart = over_seeds([Curve(np.array([1.0, 2]), np.array([9.0, 9])), Curve(np.array([5.0, 6]), np.array([7.0, 7]))])
    assert [each.tolist() for each in apart] == [[5], [8], [7], [9]]


def test_the_picture_and_the_table(tmp_path: Path) -> None:
    runs = [*three(tmp_path), seeded(tmp_path, "random-0", 0, [(2, 9.0), (8, 8.9)], sampler="random")]
    panels = load("progress").show(load("progress").data(group_of(*runs)))
    first, clock, _ = (panel for panel in panels if isinstance(panel, go.Figure))
    lines = {trace.name: trace for trace in clock.data if trace.mode == "lines"}
    median = lines["median over 3 seeds, tpe-0"]
    assert list(median.x) == [2, 3, 4, 5] and list(median.y) == pytest.approx([10, 9.5, 9, 8])
    assert list(lines["best of random-0"].y) == pytest.approx([9.0, 8.9])
    bands = [trace for trace in clock.data if trace.fill == "toself"]
    assert len(bands) == 1 and max(bands[0].y) == 11 and min(bands[0].y) == pytest.approx(7)
    assert {trace.marker.color for trace in first.data if trace.mode == "markers"} == {
        median.line.color, lines["best of random-0"].line.color
    }, "of one search one colour"  # fmt: skip
    ((_, *rows),) = [rows_of(str(panel)) for panel in panels if "<table" in str(panel)]
    assert rows == [
        ["random-0", "0", "2", "8.0", "8.90", "9.00"],
        ["tpe-0, tpe-1 and tpe-2", "0, 1, 2", "3", "6.0", "8.00 (7.00 to 9.40)", "8.00 (7.00 to 9.50)"],
    ]


def test_runs_of_their_own_have_no_table(tmp_path: Path) -> None:
    runs = [seeded(tmp_path, "a", 0, [(1, 9.0)]), seeded(tmp_path, "b", 0, [(1, 9.0)], sampler="random")]
    panels = load("progress").show(load("progress").data(group_of(*runs)))
    assert not any("<table" in str(panel) for panel in panels if isinstance(panel, str))


def test_a_seed_without_a_score_leaves_the_others(tmp_path: Path) -> None:
    """Of a share of right answers the lowest is the worst."""
    none = run_folder(tmp_path, "c", [trial(0, [], "failed", "gender", error="no")], task="gender", seed=3)
    runs = [
        seeded(tmp_path, name, seed, [(2, error)], task="gender")
        for name, seed, error in (("a", 0, 4.0), ("b", 1, 6.0))
    ]
    panels = load("progress").show(load("progress").data(group_of(*runs, none)))
    (table,) = [panel for panel in panels if "<table" in str(panel)]
    assert rows_of(str(table))[1][4:] == ["–", "–"]
