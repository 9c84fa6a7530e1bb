"""A page that is built again while a search runs, and left alone when none does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from run_folders import add_seed, asked, baselines, run_folder, trial

from reports._page.build import build_report
from reports._page.live import page_updates, state
from trials.ablation import Arm, save_arms
from trials.commands import note_command
from trials.explained import save_explained
from trials.files import locked
from trials.folders import run_folders
from trials.records import Enqueued
from trials.store import RunStore

AGAIN = "location.reload"


def watching(runs: Path) -> Iterator[str]:
    page = runs / "report.html"
    return page_updates(
        lambda live: build_report([RunStore.open(path) for path in run_folders([], runs)], page, reload=5 * live),
        lambda: run_folders([], runs),
        every=0.01,
    )


def test_a_page_follows_a_search_and_stays_when_it_ends(tmp_path: Path) -> None:
    run, page = run_folder(tmp_path, trials=[trial(0, [9.0, 9.5, 10.0])]), tmp_path / "report.html"
    with ExitStack() as search:
        search.enter_context(locked(run.path))
        lines = watching(tmp_path)
        assert "Ctrl-C ends the watch" in next(lines)
        assert AGAIN in page.read_text() and "trial 1" not in page.read_text()
        assert 'data-seconds="5"' in page.read_text() and '"Pause"' in page.read_text()
        run.append(trial(1, [8.0, 8.5, 9.0]))
        assert "2 finished trials" in next(lines)
        assert AGAIN in page.read_text() and "trial 1" in page.read_text()
        run.append(trial(2, [7.0, 7.5, 8.0]))
        search.close()
        assert "no search is running" in [*lines][-1]
    assert AGAIN not in page.read_text() and "sessionStorage" not in page.read_text()
    assert "trial 2" in page.read_text()
    assert page.read_text() == build_report([run], tmp_path / "other.html").read_text()


WRITES: dict[str, Callable[[RunStore], object]] = {
    "a finished trial": lambda run: run.append(trial(1, [8.0, 8.5, 9.0])),
    "an open trial": lambda run: run.unfinished.save(asked(1, {"depth": 3})),
    "an opening": lambda run: run.add_opening({"trial": 0, "openings": 1}),
    "a repeat": lambda run: add_seed(run, 0, 1, (9.0,)),
    "a command": lambda run: note_command(run.path, "python cli.py export"),
    "the budget": lambda run: run.save_budget({"trials": 9}),
    "one that is enqueued": lambda run: run.enqueue([Enqueued({"depth": 2}, "--enqueue")]),
    "an error": lambda run: run.save_error(0, "Traceback"),
    "baselines": lambda run: run.save_baselines(baselines(), {"constant": np.ones((1, 12), np.float32)}),
    "arms": lambda run: save_arms(run.path, 0, [Arm("as found", "", "abc", {})]),
    "maps": lambda run: save_explained(run.path, {}, {"mean.png": b""}),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_whatever_is_written_into_a_run_is_seen(write: Callable[[RunStore], object], tmp_path: Path) -> None:
    """The page has the commands, too, and predictions of the baselines: it was not built again for these."""
    run = run_folder(tmp_path, trials=[trial(0, [9.0, 9.5, 10.0])])
    with locked(run.path):
        before = state([run.path])
        assert state([run.path]) == before
        write(run)
        assert state([run.path]) != before


def test_a_lock_and_half_a_file_are_no_news(tmp_path: Path) -> None:
    run = run_folder(tmp_path)
    before = state([run.path])
    with locked(run.path):
        (run.path / ".trials.jsonl.12.tmp").write_text("{")
        assert state([run.path]) == before


def test_without_a_search_the_page_is_built_and_stays(tmp_path: Path) -> None:
    run_folder(tmp_path)
    assert len([*watching(tmp_path)]) == 2
    assert AGAIN not in (tmp_path / "report.html").read_text()
