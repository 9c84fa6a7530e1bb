"""A page that is built again while a search runs, and left alone when none does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from run_folders import run_folder, trial

from reports._page.build import build_report
from reports._page.live import watched
from trials.files import locked
from trials.store import RunStore, run_folders

AGAIN = "location.reload"


def watching(runs: Path) -> Iterator[str]:
    page = runs / "report.html"
    return watched(
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


def test_without_a_search_the_page_is_built_and_stays(tmp_path: Path) -> None:
    run_folder(tmp_path)
    assert len([*watching(tmp_path)]) == 2
    assert AGAIN not in (tmp_path / "report.html").read_text()
