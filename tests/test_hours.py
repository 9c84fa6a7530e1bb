"""Where the workers' time went, and when each trial was over, of runs whose times are known."""

from __future__ import annotations

import json
import math
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from drawing import Script, new_store
from drawing import searched as searched_by
from fake_workers import SeveralWorkers, learning_rate_score, raised
from pages import group_of, rows_of, words
from run_folders import run_folder, trial

from reports import load
from reports._page.build import build_report
from runners._search.budget import Budget
from runners._training import first_calls
from runners._workers.messages import Reply, Train
from runners._workers.protocol import Died
from trials.clock import finished_at
from trials.files import append_line
from trials.hours import hours_of
from trials.records import TrialResult
from trials.store import RunStore
from trials.timesheet import FILE, Shift, Stint, Timesheet, shifts_of
from xrays.strict_json import as_json


def write_sheet(run: RunStore, shifts: Sequence[Shift]) -> None:
    """As `Timesheet` would at these times."""
    for shift in shifts:
        begun = {**vars(shift), "stints": (), "seconds": shift.before}
        append_line(run.path / FILE, as_json({"what": "shift", "shift": begun}))
        for stint in shift.stints:
            append_line(run.path / FILE, as_json({"what": "stint", "stint": vars(stint)}))
        if shift.seconds:
            append_line(run.path / FILE, as_json({"what": "end", "seconds": shift.seconds}))


def searched(parent: Path, name: str = "run") -> RunStore:
    """Two workers: trial 0 is complete, trial 1 stopped in its second fold, trial 2 has failed, trial 3 has a fold;
    120 seconds by the clock in two calls, and 20 of a final."""
    results = [
        trial(0, [9.0, 9.0, 9.0]),
        replace(trial(1, [12.0, 12.0], "pruned"), number=1),
        trial(2, [], "failed", error="ValueError: no"),
    ]
    run = run_folder(parent, name, results)
    first = Shift("search", "2026-01-01T00:00:00+00:00", 2, 10.0, 80.0, (
        Stint(0, 10, 5, "starting"), Stint(0, 15, 3, "measured", 0),
        Stint(0, 18, 20, "trained", 0, 0, 4.0), Stint(0, 38, 12, "trained", 0, 1), Stint(0, 50, 10, "trained", 0, 2),
        Stint(1, 10, 6, "starting"), Stint(1, 20, 14, "died", 1, 0), Stint(1, 34, 2, "starting"),
        Stint(1, 36, 9, "trained", 1, 0, 3.0), Stint(1, 45, 10, "trained", 1, 1), Stint(0, 60, 8, "trained", 1, 2),
        Stint(1, 55, 7, "failed", 2, 0), Stint(0, 70, 10, "left", 3, 0),
    ))  # fmt: skip
    second = Shift("search", "2026-01-02T00:00:00+00:00", 2, 5.0, 40.0, (Stint(1, 6, 11, "trained", 3, 0, 1.0),))
    final = Shift("final", "2026-01-02T00:00:50+00:00", 2, 0.0, 20.0, (Stint(0, 1, 12, "trained", 0, 0, 2.0),))
    write_sheet(run, [first, second, final])
    return RunStore.open(run.path)


def test_all_hours_of_all_workers_add_up(tmp_path: Path) -> None:
    hours = hours_of(searched(tmp_path))
    assert hours.seconds == {
        "complete trials": 16 + 12 + 10,
        "stopped trials": 6 + 10,
        "failed trials": 7,
        "unfinished trials": 10,
        "work that was lost": 14 + 8 + 10,
        "final": 10,
        "making networks": 4 + 3 + 1 + 2,
        "starting workers": 5 + 6 + 2,
        "measuring": 3,
        "setting up": 2 * 10 + 2 * 5,
        "waiting": 2 * (80 + 40 + 20) - 30 - 116 - 11 - 12,
    }
    assert sum(hours.seconds.values()) == hours.workers * hours.clock == 2 * (80 + 40 + 20)
    assert (hours.workers, hours.cores) == (2, 1)


def test_the_clock_leaves_out_pauses_and_finals(tmp_path: Path) -> None:
    run = searched(tmp_path)
    assert finished_at(run) == {0: 60.0, 1: 68.0, 2: 68.0}, "what was trained of trial 1 in vain is of its time, too"
    run.append(trial(3, [11.0], "pruned"))
    assert finished_at(run)[3] == 80 + 17


def test_a_killed_call_ends_with_its_last_line(tmp_path: Path) -> None:
    run = run_folder(tmp_path, trials=[trial(0, [9.0], "pruned")])
    write_sheet(run, [Shift("search", "", 1, 1.0, 0.0, (Stint(0, 2, 30, "trained", 0, 0),))])
    with (run.path / FILE).open("a") as file:
        file.write('{"what": "stint", "sti')
    assert shifts_of(run.path)[0].seconds == 32 and hours_of(run).seconds["waiting"] == 1


def test_of_a_run_without_a_sheet_only_training_is_known(tmp_path: Path) -> None:
    run = run_folder(tmp_path, trials=[trial(0, [9.0] * 3), trial(1, [9.0] * 2, "pruned")])
    hours = hours_of(run)
    assert hours.seconds == {"complete trials": 7.5, "stopped trials": 5.0} and hours.workers == 0
    assert math.isnan(hours.clock)
    write_sheet(run, [Shift("search", "", 1, 0.0, 9.0, (Stint(0, 0, 9, "trained", 1, 1),))])
    assert hours_of(run).seconds == hours.seconds and not hours_of(run).workers, "the sheet has a part of it"


def moments(number: int, started: str, finished: str) -> TrialResult:
    return replace(trial(number, [9.0] * 3), started=f"2026-01-01T{started}Z", finished=f"2026-01-01T{finished}Z")


def test_without_a_sheet_the_clock_runs_while_a_trial_is_under_way(tmp_path: Path) -> None:
    """Two at once, then a pause of an hour."""
    spans = [("00:00:00", "00:01:00"), ("00:00:30", "00:01:40"), ("01:01:40", "01:02:00"), ("01:01:50", "01:01:55")]
    ordered = [spans[0], spans[1], spans[3], spans[2]]
    run = run_folder(tmp_path, trials=[moments(number, *span) for number, span in enumerate(ordered)])
    assert finished_at(run) == {0: 60, 1: 100, 2: 115, 3: 120}


def test_a_search_takes_down_what_its_workers_do(tmp_path: Path) -> None:
    """Three folds of each of three trials: a worker dies once, and all folds of the last trial fail."""
    died: list[Train] = []

    def misfortune(job: Train) -> Reply | Died | None:
        if job.trial.number == 1 and not died:
            died.append(job)
            return Died("the worker was killed by SIGKILL")
        return raised("ValueError: no") if job.trial.number == 2 else None

    run = new_store(tmp_path / "run")
    workers = SeveralWorkers(2, run.experiment, learning_rate_score, misfortune)
    searched_by(run, Script(), Budget(3, begun=time.monotonic() - 5), workers)  # type: ignore[arg-type]
    (shift,) = shifts_of(run.path)
    did = Counter((stint.did, stint.trial) for stint in shift.stints if stint.trial in (0, 1))
    did -= Counter({("starting", 1): did["starting", 1]})
    assert did == {("measured", 0): 1, ("trained", 0): 3, ("died", 1): 1, ("trained", 1): 3}
    assert any(stint.did == "failed" and stint.trial == 2 for stint in shift.stints)
    assert sum(stint.did == "starting" for stint in shift.stints) == 3, "two, and one in the place of the dead"
    assert (shift.of, shift.slots) == ("search", 2) and 5 <= shift.before <= shift.seconds < 30
    hours = hours_of(run)
    assert sum(hours.seconds.values()) == pytest.approx(2 * shift.seconds, abs=0.1)
    for slot in (0, 1):
        own = [stint for stint in shift.stints if stint.slot == slot]
        assert all(one.ended <= other.begun + 0.002 for one, other in pairwise(own)), "one thing at a time"
    searched_by(run, Script(), Budget(4))
    assert [shift.slots for shift in shifts_of(run.path)] == [2, 1], "the next call is another shift"


def test_what_a_call_leaves_is_lost(tmp_path: Path) -> None:
    run = run_folder(tmp_path, trials=[])
    sheet = Timesheet(run.path, "search", 1, time.monotonic())
    sheet.ready(0, None)
    sheet.worked(0, time.monotonic(), "left", 0, 0)
    sheet.close()
    assert [stint.did for stint in shifts_of(run.path)[0].stints] == ["starting", "left"]


def test_first_calls_are_counted_beyond_later_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """Training: 9 s, then 2; predicting 1 s and never again."""
    moments = iter([0.0, 9.0, 20.0, 22.0, 30.0, 31.0, 40.0, 48.0])
    monkeypatch.setattr(first_calls.time, "perf_counter", lambda: next(moments))
    made = first_calls.FirstCalls()
    for kind in ("train", "train", "predict", "train"):
        with made.first(kind):
            pass
    assert made.seconds == 7


class TestSection:
    def test_parts_and_shares(self, tmp_path: Path) -> None:
        table = load("hours").data(group_of(searched(tmp_path)))
        assert table["seconds"].sum() == 280 and table["share"].sum() == pytest.approx(1)
        assert dict(zip(table["part"], table["share"], strict=True))["complete trials"] == pytest.approx(38 / 280)
        figure, markup = load("hours").show(table)
        rows = {row[0]: row[1:] for row in rows_of(str(markup))}
        assert rows["complete trials"] == ["0.63", "14 %"] and rows["all together"] == ["4.67", "100 %"]
        assert rows["workers × the clock"] == ["2 × 2.3 min", ""]
        assert sum(sum(bar.x) for bar in figure.data) == pytest.approx(280 / 60, abs=0.01)  # type: ignore[union-attr]

    def test_calls_with_other_numbers_of_workers(self, tmp_path: Path) -> None:
        """Two for 140 seconds, then three for 20."""
        run = searched(tmp_path)
        write_sheet(run, [Shift("ablation", "2026-01-03T00:00:00+00:00", 3, 0.0, 20.0)])
        table = load("hours").data(group_of(run))
        assert table["seconds"].sum() == 280 + 60
        assert rows_of(str(load("hours").show(table)[1]))[-1][1] == "up to 3 × 2.7 min"

    def test_a_run_without_a_sheet_says_so(self, tmp_path: Path) -> None:
        old = run_folder(tmp_path, "age-old", [trial(0, [9.0] * 3)])
        shown = load("hours").show(load("hours").data(group_of(old, searched(tmp_path, "age-new"))))
        assert "What the workers of old did" in str(shown[-1]) and "–" in rows_of(str(shown[1]))[-1]

    def test_it_is_on_the_page(self, tmp_path: Path) -> None:
        page = words(build_report([searched(tmp_path)], tmp_path / "report.html"))
        assert "Where the hours went" in page and "work that was lost" in page

    def test_it_is_in_the_json(self, tmp_path: Path) -> None:
        old = run_folder(tmp_path, "age-old", [trial(0, [9.0] * 3)])
        page = build_report([searched(tmp_path, "age-new"), old], tmp_path / "report.html")
        (group,) = json.loads(page.with_suffix(".json").read_text())["groups"]
        new, older = group["hours"]
        assert (new["run"], new["workers"], new["clock"], new["seconds"]["waiting"]) == ("age-new", 2, 140, 111)
        assert older == {
            "run": "age-old",
            "workers": 0,
            "cores": 1,
            "clock": None,
            "seconds": {"complete trials": 7.5},
        }
        assert [(each["run"], each["complete"], each["gain"]) for each in group["outlook"]] == [
            ("age-new", 1, None), ("age-old", 1, None)
        ]  # fmt: skip

    def test_nothing_was_trained_yet(self, tmp_path: Path) -> None:
        assert load("hours").data(group_of(run_folder(tmp_path, trials=[]))).empty
