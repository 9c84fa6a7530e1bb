"""Which ways to a model are compared, which are named as left out, and how openings go together in one table."""

from __future__ import annotations

import copy
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from pages import group_of
from predicted_runs import predicted_run
from run_folders import opened_ways, run_folder, trial

from reports import models
from reports._drawing.html import Html
from reports._evidence.ways import latest_of_each
from runners._models.networks import Network, Networks
from runners._models.tried import Answered, LeftOut, _remedy, left_out_lines, tried
from runners._models.ways import Source, Ways
from runners._workers.messages import Written
from trials.final import standings
from trials.store import RunStore
from xrays.tasks import TASKS

AGE = TASKS["age"]


class There:
    """In the place of networks: those of the folds of some trials are there, and what was exported."""

    def __init__(self, films: int, trials: Collection[int], exported: Sequence[Source]) -> None:
        self.trials, self.exported = trials, {source.key for source in exported}
        self.written = Written(np.full(films, 50, np.float32), 10, 1.0, 0.1, {})

    def kept(self, sources: Sequence[Source]) -> bool:
        return all(
            source.key in self.exported or (source.fold is not None and source.trial.number in self.trials)
            for source in sources
        )

    def of(self, sources: Sequence[Source]) -> list[Network]:
        return [Network(Path("network.h5"), self.written) for _ in sources]


def compared_with(
    store: RunStore, kept: Collection[int], *, folds: bool = False
) -> tuple[list[Answered], list[LeftOut]]:
    ways = Ways(standings([store])[0])
    way = ways.of_folds() if folds else ways.refit()
    there = There(len(store.films().ids), kept, way.sources)
    return tried(ways, way, there.written, cast(Networks, there), AGE, 5)


def test_a_way_whose_networks_are_gone_is_named_with_what_to_type(tmp_path: Path) -> None:
    store = predicted_run(tmp_path, "age", [0.5, 0.9, 0.7, 0.8])
    found, without = compared_with(store, range(4))
    assert [way.name for way in found] == ["refit", "folds", "ensemble of 4, folds", "best 4, folds"]
    assert [(one.name, one.options) for one in without] == [("ensemble of 4", {"ensemble": 5})], "of refits"
    assert "networks of trials 1, 2, 3, trained on all films" in without[0].why
    found, (_, *without) = compared_with(store, [0, 1])
    assert [way.name for way in found] == ["refit", "folds"]
    assert [(one.name, one.options) for one in without] == [
        ("ensemble of 4, folds", {"ensemble": 5, "folds": True}),
        ("best 4, folds", {"trial": 2, "folds": True}),
    ]
    assert all("of trials 2, 3 were not kept" in one.why for one in without)
    lines = list(left_out_lines(store, [one.to_json() for one in without]))
    assert len(lines) == 2 and lines[0].endswith("--task age --ensemble 5 --folds") and "--run run" in lines[0]


def test_a_refit_is_left_out_beside_networks_of_folds(tmp_path: Path) -> None:
    store = predicted_run(tmp_path, "age", [0.9, 0.5])
    found, (without, _) = compared_with(store, range(2), folds=True)
    assert found[0].name == "folds" and "refit" not in {way.name for way in found}
    assert (without.name, without.options) == ("refit", {"trial": 1}) and "trained on all films" in without.why


def test_what_lacks_of_further_seeds_is_not_had_by_exporting_the_trial(tmp_path: Path) -> None:
    results = predicted_run(tmp_path, "age", [0.9, 0.5]).trials()
    own, further = Source(results[1], 0, 0), Source(results[0], 7, 0)
    assert _remedy(0, [own], {"folds": True}) == {"trial": 1, "folds": True}
    assert _remedy(0, [own, further], {"folds": True}) is None
    assert _remedy(0, [own, further], {"ensemble": 5, "folds": True}) == {"ensemble": 5, "folds": True}


def test_a_single_trial_is_no_ensemble_of_one(tmp_path: Path) -> None:
    found, without = compared_with(predicted_run(tmp_path, "age", [0.5]), [0])
    assert [way.name for way in found] == ["refit", "folds"] and not without


def test_without_predictions_one_trial_is_compared_alone(tmp_path: Path) -> None:
    store = predicted_run(tmp_path, "age", [0.5, 0.6])
    for file in (store.path / "oof").iterdir():
        file.unlink()
    found, (without,) = compared_with(store, range(2))
    assert [way.name for way in found] == ["refit", "folds"]
    assert "no predictions" in without.why and without.options is None
    assert len(list(left_out_lines(store, [without.to_json()]))) == 1


def opening(
    number: int, exported: str, scores: dict[str, float], trial_number: int = 1, **more: Any
) -> dict[str, Any]:
    """The number-th, at which ways with these MAEs were compared."""
    first = opened_ways("age", trial_number)
    row = first["ways"][0]
    ways = []
    for way in (exported, *(name for name in scores if name != exported)):
        metrics = {**row["metrics"], "mae": scores[way]}
        gap = None if way == exported else scores[way] - scores[exported]
        ends = None if gap is None else [gap - 0.5, gap + 0.25]
        ways.append({**row, "way": way, "metrics": metrics, "difference": gap, "difference_interval": ends})
    return {**copy.deepcopy(first), "openings": number, "way": exported, "ways": ways, **more}


def test_every_way_stands_once_with_the_last_opening_that_exported_it() -> None:
    all_of = {"refit": 9.0, "folds": 8.5, "ensemble of 2, folds": 8.0}
    openings = [
        opening(1, "refit", all_of),
        opening(2, "ensemble of 2", {"ensemble of 2": 8.2, **all_of}),
        opening(3, "folds", {"folds": 8.5, "ensemble of 2, folds": 8.0}),
    ]
    found = latest_of_each(openings, "mae")
    assert [(one.name, one.opening["openings"], one.exported) for one in found] == [
        ("folds", 3, True),
        ("ensemble of 2", 2, True),
        ("refit", 1, True),
        ("ensemble of 2, folds", 3, False),
    ]
    assert np.isnan(found[0].difference) and found[0].difference_interval is None
    assert [one.difference for one in found[1:]] == pytest.approx([-0.3, 0.5, -0.5])
    # Turned round where the other one was exported.
    for one, ends in zip(found[1:], ([-0.55, 0.2], [0.25, 1.0], [-1.0, -0.25]), strict=True):
        assert one.difference_interval == pytest.approx(ends)


def test_what_was_never_scored_at_one_opening_has_no_paired_interval() -> None:
    openings = [opening(1, "refit", {"refit": 9.0}), opening(2, "folds", {"folds": 8.5})]
    _, refit = latest_of_each(openings, "mae")
    assert refit.difference == pytest.approx(0.5) and refit.difference_interval is None
    again = [opening(1, "refit", {"refit": 9.0, "folds": 8.5}), opening(2, "folds", {"folds": 8.7})]
    assert latest_of_each(again, "mae")[1].difference_interval is None, "these are other networks"


def test_refits_of_two_trials_are_two_ways() -> None:
    openings = [opening(1, "refit", {"refit": 9.0}, 1), opening(2, "refit", {"refit": 9.0}, 3)]
    found = latest_of_each(openings, "mae")
    assert [one.name for one in found] == ["refit of trial 3", "refit of trial 1"]
    assert found[1].difference == 0 and found[1].difference_interval is None


def test_one_way_alone_has_its_table_and_what_became_of_its_promise(tmp_path: Path) -> None:
    run = run_folder(tmp_path, "run", [trial(number, [9.0, 8.8, 9.3]) for number in range(2)])
    without = {"way": "best 5, folds", "why": "the networks are gone", "options": {"trial": 4, "folds": True}}
    run.add_opening(opening(1, "refit", {"refit": 9.0}, left_out=[without]))
    table = models.data(group_of(run))
    assert table["way"].tolist() == ["refit", "best 5, folds"] and table["opened"].tolist() == [1, 1]
    said = "".join(panel for panel in models.show(table) if isinstance(panel, Html))
    assert "91 % (80 to 97) of the hold-out&#x27;s films are within their 90 % intervals" in said
    assert "opened once" in said and "its opening 1" in said
    assert "Without best 5, folds: the networks are gone." in said
    assert "--task age --trial 4 --folds</code>" in said and said.count("<tr>") == 2
    run.add_opening(opening(2, "best 5, folds", {"best 5, folds": 8.0, "refit": 9.0}))
    table = models.data(group_of(run))
    assert table["way"].tolist() == ["best 5, folds", "refit"] and (table["left_out"] == "").all()
    said = "".join(panel for panel in models.show(table) if isinstance(panel, Html))
    assert "opened 2 times" in said and "its openings 1 and 2" in said and said.count("within their") == 2
