"""`--holdout`: how much is held out, what a search and its report make of it, and plans that cannot be."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pages import words
from run_folders import mixed, run_folder, with_films
from test_folds import films, many, places
from test_hold_out import beside, labelled
from test_search_calls import Calls, calls  # noqa: F401

from reports._page.build import build_report
from runners._models.card import _note
from runners._models.openings import obstacle
from runners._search.options import SearchOptions
from trials.final import leading
from trials.store import RunStore
from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.folds import HOLD_OUT, UNUSED, make_plan
from xrays.splits import USUAL, Splits


class TestShare:
    @pytest.mark.parametrize("share", [0.0, 0.01, 0.1, 0.3, 0.5])
    def test_so_much_is_held_out(self, share: float) -> None:
        arrays = many()
        plan = make_plan(arrays, folds=3, splits=Splits(holdout=share))
        used = plan.hold_out().sum() + plan.development().sum()
        assert plan.hold_out().sum() == pytest.approx(share * used, abs=0.5)
        held = set(arrays.groups[plan.hold_out()])
        assert not held & set(arrays.groups[plan.development()])
        assert [bool(plan.fold(number).any()) for number in range(3)] == [True] * 3

    def test_the_usual_share_is_the_usual_plan(self) -> None:
        usual, typed = make_plan(many()), make_plan(many(), splits=Splits(holdout=0.15))
        assert typed.fingerprint == usual.fingerprint
        assert make_plan(many(), splits=Splits(holdout=0.2)).fingerprint != usual.fingerprint

    def test_it_is_the_same_for_any_number_of_folds(self) -> None:
        held = {make_plan(many(), folds=k, splits=Splits(holdout=0.3)).hold_out().tobytes() for k in (2, 5, 9)}
        assert len(held) == 1


def remedied(caught: pytest.ExceptionInfo[UserError], folds: int, splits: Splits) -> tuple[int, Splits]:
    """Folds and splits as the message proposes them."""
    told = shlex.split(caught.value.remedy.partition("(")[0])
    assert told[:4] == ["the", "same", "command", "with"]
    typed = dict(zip(told[4::2], told[5::2], strict=True))
    if "--folds" in typed:
        folds = int(typed["--folds"])
    return folds, replace(splits, holdout=float(typed["--holdout"])) if "--holdout" in typed else splits


class TestRefused:
    @pytest.mark.parametrize("share", [-0.1, 0.51, 1.0, 15.0, float("nan"), float("inf")])
    def test_what_is_no_share(self, share: float) -> None:
        with pytest.raises(UserError, match=r"(?s)--holdout .*0 \(nothing is held out\) to 0\.5"):
            make_plan(many(), splits=Splits(holdout=share))

    @pytest.mark.parametrize(
        ("arrays", "folds", "splits"),
        [
            (films(np.arange(20, 60), np.arange(40) % 2, np.arange(40) % 11), 5, Splits()),
            (films(np.arange(20, 60), np.arange(40) % 2, np.arange(40) % 11), 6, Splits(holdout=0.0)),
            (films(np.arange(20, 60), np.arange(40) % 2, np.arange(40) % 5), 3, Splits()),
            (labelled(100, np.arange(100) // 10), 3, Splits(holdout=0.01)),
            (labelled(600, np.arange(600) // 7), 3, Splits(holdout=0.004)),
            (labelled(100, beside(90)), 9, Splits(holdout=0.05)),
            (many(), 21, Splits()),
            (many(), 0, Splits()),
        ],
        ids=["patients", "all in folds", "five patients", "tens", "sevens", "one of 90", "21 folds", "0 folds"],
    )
    def test_what_is_proposed_works(self, arrays: XrayArrays, folds: int, splits: Splits) -> None:
        with pytest.raises(UserError) as caught:
            make_plan(arrays, folds=folds, splits=splits)
        k, again = remedied(caught, folds, splits)
        plan = make_plan(arrays, folds=k, splits=again)
        assert set(places(plan)) - {UNUSED} == {*range(k), *([HOLD_OUT] if again.share else [])}

    def test_where_no_plan_works_more_films_are_asked_for(self) -> None:
        with pytest.raises(UserError) as caught:
            make_plan(labelled(30, np.arange(30) % 3), folds=2)
        assert "3 patients" in caught.value.given and caught.value.remedy.startswith("python cli.py prepare DIR")


def held_in(store: RunStore) -> float:
    films = store.films()
    return float(films.hold_out().sum() / (films.hold_out() | films.development()).sum())


class TestSearch:
    def test_a_share_is_another_search_and_the_same_share_goes_on(self, calls: Calls) -> None:  # noqa: F811
        store, _ = calls(1, splits=Splits(holdout=0.3))
        assert held_in(store) == pytest.approx(0.3, abs=0.03) and store.provenance.splits == Splits(holdout=0.3)
        again, _ = calls(2, splits=Splits(holdout=0.3))
        assert again.path == store.path and len(again.trials()) == 2
        with pytest.raises(UserError, match=r"other folds \(other films, --folds, --repeats, --holdout"):
            calls(2)
        assert RunStore.open(store.path).provenance.splits.share == 0.3

    def test_what_is_next_keeps_the_share(self, prepared: XrayArrays, calls: Calls) -> None:  # noqa: F811
        from runners._commands.search import what_next

        store, outcome = calls(1, splits=Splits(4, 0.25))
        options = SearchOptions("age", prepared.path, 1, splits=Splits(4, 0.25), runs=Path("runs"))
        (other,) = [line for line in what_next(store, options, outcome) if "cli.py search" in line]
        assert "--holdout 0.25 --split-seed 4" in other

    def test_configurations_of_another_share_spoil_the_hold_out(self, calls: Calls) -> None:  # noqa: F811
        calls(1)
        calls(1, splits=Splits(holdout=0.4), name="wider", start_from="mine")
        assert "CAUTION  the hold-out is NOT INDEPENDENT" in " ".join(calls.said)

    def test_nothing_is_held_out(self, prepared: XrayArrays, calls: Calls, tmp_path: Path) -> None:  # noqa: F811
        store, _ = calls(1, splits=Splits(holdout=0.0))
        assert held_in(store) == 0 and any("nothing is held out" in line for line in calls.said)
        assert obstacle(store, prepared) == "nothing was held out (--holdout 0)"
        calls(1, splits=Splits(holdout=0.0), name="second", start_from="mine")
        assert "INDEPENDENT" not in " ".join(calls.said), "there is nothing that could be"
        page = words(build_report([store], tmp_path / "report.html"))
        assert "Hold-out: none, all films" in page and "there can be no unbiased score" in page
        assert "comes from the hold-out" not in page


def test_a_card_says_that_nothing_was_held_out(tmp_path: Path) -> None:
    store = run_folder(tmp_path, trials=mixed("age"))
    best = leading(store)
    assert best and "the hold-out was not looked at" in _note(store.films(), USUAL, best)
    every: dict[str, Any] = {"assignment": np.abs(store.films().assignment)}
    assert _note(with_films(store, **every).films(), USUAL, best).endswith("nothing was held out.")


def test_the_share_is_part_of_the_record(tmp_path: Path) -> None:
    store = run_folder(tmp_path, provenance={"splits": Splits(2, 0.25)})
    record = json.loads((store.path / "experiment.json").read_text())
    assert record["about"]["splits"] == {"seed": 2, "holdout": 0.25, "column": "", "stress": ""}
    assert RunStore.open(store.path).provenance.splits == Splits(2, 0.25)
