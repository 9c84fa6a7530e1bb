"""What `benchmarks/against_plain.py` does beside running searches: its key, sections, tables, clock and hold-out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import _contexts
import _divided
import _spent
from _contexts import HELD_BACK, held_back, part_of
from _divided import SPLIT, plan_of, refuse_another, source_words, table_of
from _found import Found, commit_of, table
from _results import TOP, kept_key, with_section
from _spent import Spent, core_seconds_of, measured

from xrays.layout import Layout
from xrays.prepare import prepare
from xrays.sources import Order, layout_of
from xrays.sources._folder import read_folder

KEY = {"films": "sample", "size": 64, "minutes": 15.0, "cores": 1}


class TestKey:
    def test_the_same_benchmark_goes_on(self, tmp_path: Path) -> None:
        assert kept_key(tmp_path / "out", KEY) == kept_key(tmp_path / "out", KEY) == KEY

    def test_what_is_not_asked_for_is_told(self, tmp_path: Path) -> None:
        kept_key(tmp_path, KEY)
        assert kept_key(tmp_path, {name: KEY[name] for name in ("films", "size")}) == KEY

    @pytest.mark.parametrize(("name", "value"), [("size", 128), ("minutes", 14), ("before", "0123")])
    def test_another_one_is_refused(self, name: str, value: object, tmp_path: Path) -> None:
        kept_key(tmp_path, KEY)
        with pytest.raises(SystemExit, match=f"{name}: {KEY.get(name)} there, {value} now"):
            kept_key(tmp_path, {**KEY, name: value})

    def test_a_folder_of_something_else_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "age-0-now").mkdir()
        with pytest.raises(SystemExit, match="holds something else"):
            kept_key(tmp_path, KEY)


class TestSection:
    A, B = "## Against plain loops: nih, 64 px", "## Against plain loops: nih, 128 px"

    def test_others_stay(self) -> None:
        both = with_section(with_section(TOP, self.A, "first\n"), self.B, "second\n")
        again = with_section(both, self.A, "\nother\n")
        assert both == f"{TOP}\n{self.A}\n\nfirst\n\n{self.B}\n\nsecond\n"
        assert again == f"{TOP}\n{self.A}\n\nother\n\n{self.B}\n\nsecond\n"

    def test_a_heading_is_a_whole_line(self) -> None:
        both = with_section(with_section(TOP, f"{self.A} again", "first"), self.A, "second")
        assert both == f"{TOP}\n{self.A} again\n\nfirst\n\n{self.A}\n\nsecond\n"


def found(arm: str, seed: int, *trials: tuple[float, float, float], **more: Any) -> Found:
    return Found(arm, "age", seed, trials, begun=30, core_seconds=1700.0, **more)


def test_this_suite_is_one_commit() -> None:
    plain, now = found("optuna_tpe", 0, commit="abc"), found("now", 0, commit="def")
    assert commit_of([plain, now, found("now_no_portfolio", 1, commit="def")]) == "def"
    assert commit_of([plain]) == "none"
    with pytest.raises(SystemExit, match="abc, def"):
        commit_of([now, found("now", 1, commit="abc")])


class TestTable:
    # `before` comes to 10; `now` is there after 300 s and 600 core-seconds, in the other seed after 100 s and 150.
    FOUND = (
        found("before", 0, (200, 390, 12.0), (800, 1600, 10.0), hold_out=10.5, error=0.5, films=[9.0, 12.0]),
        found("before", 1, (900, 1700, 10.0), hold_out=11.5, error=0.5, films=[10.0, 13.0]),
        found("now", 0, (50, 90, 11.0), (300, 600, 9.0), (901, 1900, 8.0), films=[8.0, 10.0]),
        found("now", 1, (100, 150, 9.5), films=[8.0, 10.0]),
        found("optuna_tpe", 0, (900, 1700, 8.5)),
        found("optuna_tpe", 1, (900, 1700, 9.5)),
    )

    def rows(self, arm: str, task: str = "age") -> list[list[str]]:
        lines = table(self.FOUND, [task], ["optuna_tpe", "before", "now"], 15)
        return [[cell.strip() for cell in line.split("|")[2:-1]] for line in lines if line.startswith(f"| {arm} |")]

    def test_scores(self) -> None:
        scores, _ = self.rows("before")
        assert scores[:5] == ["–", "–", "10.000", "11.000", "10.500 ± 0.500, 11.500 ± 0.500"]
        # 1.5 more on one film, 2.5 on the other, in the mean of both seeds
        assert scores[5] == "+2.000 ± 0.500" and self.rows("optuna_tpe")[0][5] == self.rows("now")[0][5] == "–"
        assert self.rows("now")[0][:3] == ["–", "9.250", "9.250"]  # what came after the end counts for nothing

    def test_effort(self) -> None:
        """30 configurations in a quarter of an hour; own best, `before`'s, how much sooner `now` is."""
        assert self.rows("before")[1] == ["120", "1700", "1650", "1650", "6.0×", "–"]  # of 3 and 9 times
        assert self.rows("now")[1] == ["120", "1700", "375", "375", "–", "–"]

    def test_a_score_that_is_never_reached_takes_for_ever(self) -> None:
        """In seed 0 `now` has no 8.5 before the end of its 901 s, in seed 1 it is 9 times as fast."""
        assert self.rows("optuna_tpe")[1][4] == f"{(900 / 901 + 9) / 2:.1f}×"
        worst = found("before", 0, (50, 90, 7.0))
        lines = [*table([worst, *self.FOUND[2:4]], ["age"], ["before", "now"], 15)]
        assert [line for line in lines if line.startswith("| before |")][1].endswith("| never | – |")
        assert "| never | – | – |" in [line for line in lines if line.startswith("| now |")][1]


class TestSpent:
    def test_until_is_in_proportion(self) -> None:
        assert Spent(8.0, 0.0, [(0.0, 0.0), (2.0, 4.0), (6.0, 8.0)]).until(3.0) == 5.0

    @pytest.fixture(autouse=True)
    def _often(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(_spent, "EVERY", 0.02)

    def test_processes_below_count_while_they_run_and_afterwards(self) -> None:
        """One below computes for 0.3 s of the processor and says so, then it ends and the one above says so."""
        busy = "import time\nwhile time.process_time() < 0.3: pass\nprint('computed', flush=True); input()"
        above = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}]); print('over', flush=True)"
        words = [sys.executable, "-c", f"{above}; input()"]
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
            assert process.stdin is not None and process.stdout is not None
            for said in ("computed", "over"):
                assert process.stdout.readline().strip() == said
                assert 0.3 <= core_seconds_of(process.pid) < 3
                process.stdin.write("\n")

    def test_the_last_look_is_all_of_it(self, tmp_path: Path) -> None:
        spent = measured(["-c", "print('told')"], tmp_path, tmp_path / "log.txt", sorted(os.sched_getaffinity(0)))
        assert (tmp_path / "log.txt").read_text() == "told\n"
        assert spent.looks[0] == (0.0, 0.0) and spent.looks[-1][1] == spent.core_seconds > 0

    def test_each_has_a_cache_of_its_own(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What one search has measured the next would find in it, and be spared."""
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        told = "import os; print(os.environ['XDG_CACHE_HOME'])"
        measured(["-c", told], tmp_path, tmp_path / "log.txt", sorted(os.sched_getaffinity(0)))
        assert (tmp_path / "log.txt").read_text() == f"{tmp_path / 'cache'}\n"

    def test_one_that_fails_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(SystemExit, match=r"ended with 3: see .*log\.txt"):
            measured(["-c", "raise SystemExit(3)"], tmp_path, tmp_path / "log.txt", sorted(os.sched_getaffinity(0)))


def crowd(films: int) -> Layout:
    """Eleven films a patient, but for the last 20, whose patients are unknown."""
    rows = np.arange(films)
    patients = [f"patient {row // 11}" if row < films - 20 else f"film {row}" for row in rows.tolist()]
    return Layout(
        name="crowd",
        words=(),
        place=Path(),
        ids=rows.astype(np.int64),
        paths=[f"films/{row:03d}.png" for row in rows.tolist()],
        labels={"age": np.where(rows == 7, np.nan, rows / 12).astype(np.float32)},
        groups=np.array(patients),
    )


class TestHoldOut:
    def test_what_is_held_back_is_in_no_part(self) -> None:
        layout = crowd(301)
        held, part = held_back(layout), part_of(layout, 1000)
        assert HELD_BACK < len(held) < HELD_BACK + 11  # the last one's patient has others
        assert sorted([*layout.ids[held].tolist(), *part.ids.tolist()]) == layout.ids.tolist()
        assert not {*layout.groups[held].tolist()} & {*part.groups.tolist()}

    def test_the_table_says_the_same_films(self) -> None:
        layout = crowd(301)
        head, *rows = (line.split(",") for line in table_of(layout, Path("films").absolute()).splitlines())
        assert head == ["film", "age", "patient", SPLIT]
        assert rows[7][:3] == ["007.png", "", "0"] and rows[1][1] == str(np.float32(1 / 12)) and rows[300][2] == ""
        assert [place for place, row in enumerate(rows) if row[3] == "test"] == sorted(held_back(layout).tolist())

    def test_a_source_by_name_has_no_column(self, tmp_path: Path) -> None:
        assert source_words("sample", tmp_path) == (["sample"], "")

    def test_too_few_films_are_refused(self, tmp_path: Path, films_folder: Path) -> None:
        with pytest.raises(SystemExit, match="would be held out"):
            source_words(str(films_folder), tmp_path)

    def test_every_seed_holds_out_the_same_films(
        self, tmp_path: Path, films_folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for module in (_contexts, _divided):
            monkeypatch.setattr(module, "HELD_BACK", 6)
        words, column = source_words(str(films_folder), tmp_path)
        options = dict(zip([word[2:] for word in words[2::2]], words[3::2], strict=True))
        arrays = prepare(layout_of("table", Order(tmp_path, Path(words[1]), options)), tmp_path / "films", size=16)
        layout = read_folder(films_folder)
        assert arrays.groups.tolist() == layout.groups.tolist()
        held = layout.ids[np.sort(held_back(layout))].tolist()
        plans = [plan_of(arrays, folds=3, seed=seed, column=column) for seed in (0, 1)]
        for plan in plans:
            assert 6 <= len(held) < len(layout.ids) / 2 and arrays.ids[plan.hold_out()].tolist() == held
        assert plans[0].fingerprint != plans[1].fingerprint
        refuse_another(plans[0], "now", plans[0].fingerprint)
        with pytest.raises(SystemExit, match="before has divided the films in another way"):
            refuse_another(plans[0], "before", plans[1].fingerprint)
