"""A final as the end of a search: by its options, with the time there is, and for whatever goes on from a run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from complete_runs import fake

from runners._commands import ablate as command
from runners._commands import final
from runners._commands.ablate import AblateOptions, ablate
from runners._commands.runs import lines, listed
from runners._commands.search import search
from runners._explain.fold import explainable
from runners._final import plan
from runners._final.finalists import finalists, further_seeds
from runners._models import choice
from runners._models.choice import choose
from runners._search import resolved, session
from runners._search.enqueued import best_of
from runners._search.options import Limits, Place, SearchOptions
from runners._search.place import SettledPlace, slots
from runners._terminal.summary import summary
from search_spaces import load_space
from trials.final import leading
from trials.provenance import Chosen
from trials.records import ranked
from trials.seeds import finals_of, seed_parts
from trials.store import RunStore
from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.tasks import TASKS


class Searches:
    """Calls of one search whose workers train by formulas."""

    def __init__(self, arrays: XrayArrays, runs: Path) -> None:
        self.options = SearchOptions(
            "age",
            arrays.path,
            4,
            sampler="random",
            pruner="none",
            folds=2,
            epochs=2,
            place=Place(1),
            name="mine",
            runs=runs,
        )

    def __call__(self, most: int, seconds: float = float("inf"), **changes: Any) -> RunStore:
        self.said: list[str] = []
        limited = replace(self.options, limits=Limits(seconds, finalists=most), **changes)
        store, outcome = search(limited, self.said.append)
        self.ended = outcome.kind
        return store

    @property
    def about(self) -> list[str]:
        return [line for line in self.said if line.startswith("finalists")]


@pytest.fixture
def searches(prepared: XrayArrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Searches:
    fake(monkeypatch, prepared)
    # Whatever is complete is tied here: who is tied in truth is for test_final.py.
    monkeypatch.setattr(final, "finalists", lambda store, most: [
        result for _, result in ranked(store.trials(), TASKS["age"])
    ][:most])  # fmt: skip
    return Searches(prepared, tmp_path)


def test_a_search_ends_with_its_final_once(searches: Searches) -> None:
    store = searches(0)
    assert not finals_of(store.path) and not searches.about
    own = leading(store)
    searches(3)
    (held,) = finals_of(store.path)
    assert own is not None and len(held.trials) == 3 and held.trials[0] == own.result.number
    assert held.seeds == tuple(further_seeds(store.experiment))
    assert len(seed_parts(store.path)) == 3 * 2 * 2
    assert searches.about[0].startswith("finalists: 3 that cannot be told apart, each with 2 further seeds: 12 folds")
    assert "is the best over 3 seeds: mean MAE" in searches.about[1]
    before = (store.path / "seeds.jsonl").read_bytes()
    searches(3)
    assert (store.path / "seeds.jsonl").read_bytes() == before and len(searches.about) == 1


def test_time_decides_how_many_are_in_it_and_that_is_said(
    searches: Searches, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = searches(0)
    monkeypatch.setattr(plan, "_seconds", lambda store, who, seeds: 500.0 * len(who) * seeds)
    searches(3, seconds=900)
    assert not finals_of(store.path)
    said = (
        "not trained with further seeds: 2 with 1 further seed each take about 17 min, and 15 min are left; the same"
    )
    assert said in searches.about[0]
    searches(3, seconds=1100)
    assert (
        "2 that cannot be told apart, each with 1 further seed (there is no time for 3 with 2): 4 folds"
        in (searches.about[0])
    )
    assert "is the best over 2 seeds: mean MAE" in searches.about[1]
    searches(3, seconds=2500)
    searches(3)
    held = [(len(held.trials), len(held.seeds)) for held in finals_of(store.path)]
    assert held == [(2, 1), (2, 2), (3, 2)] and len(seed_parts(store.path)) == 12
    assert "3 that cannot be told apart, each with 2 further seeds: 4 folds to train" in searches.about[0]


@pytest.mark.parametrize("place", [Place(), Place(ray="auto")])
def test_it_is_trained_by_as_many_workers_as_the_search_was(
    place: Place, searches: Searches, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that were measured when it was begun, or that the cluster has room for: the search keeps time for it by
    their number. The ablation has them, too."""
    monkeypatch.setattr(resolved, "choose", lambda *given: ("float32", Chosen(threads=1)))
    monkeypatch.setattr("runners._search.place.usable_cores", lambda: 4)
    monkeypatch.setattr("runners._ray.workers.room", lambda *place: 4)
    settled: list[SettledPlace] = []

    def noted(opened: Any) -> Any:
        return lambda setup, place, **given: settled.append(place) or opened(setup, place, **given)

    for module in (session, final, command):
        monkeypatch.setattr(module, "open_workers", noted(module.open_workers))
    monkeypatch.setattr(plan, "_seconds", lambda store, who, seeds: 1000.0 * len(who))
    store = searches(2, seconds=600, place=place)
    assert (
        "2 that cannot be told apart, each with 2 further seeds: 8 folds to train, about 8 min" in searches.about[0]
    )
    ablate(AblateOptions("mine", store.path.parent, pair=True, data=searches.options.data, place=place))
    assert len(settled) == 3 and {slots(each.place) for each in settled} == {4}


def test_what_is_on_record_needs_no_time(searches: Searches) -> None:
    searches(3)
    searches(3, seconds=1e-9)
    assert len(searches.about) == 1 and "is the best over 3 seeds" in searches.about[0]


def test_more_trials_are_a_new_final(searches: Searches) -> None:
    store = searches(2)
    searches(2, trials=8)
    held = finals_of(store.path)
    numbers = {number for each in held for number in each.trials}
    assert {part.trial for part in seed_parts(store.path)} == numbers
    best = ranked(store.trials(), TASKS["age"])[0][1].number
    assert held[-1].trials[0] == best


def second_wins(store: RunStore) -> int:
    """Had the second by one seed been far better with the others, it would be the one. Its number."""
    first, second = (result.number for _, result in ranked(store.trials(), TASKS["age"])[:2])
    best, file = leading(store), store.path / "seeds.jsonl"
    assert best is not None and best.seeds and best.result.number == first
    lines = file.read_text().splitlines()
    lines = [line.replace('"mae": ', '"mae": -') if f'"trial": {second},' in line else line for line in lines]
    file.write_text("\n".join(lines) + "\n")
    return second


def test_whatever_goes_on_from_a_run_takes_the_winner_of_its_final(searches: Searches, tmp_path: Path) -> None:
    store = searches(3)
    other = second_wins(store)
    best = leading(store)
    assert best is not None and best.result.number == other
    assert f"(trial {other}, mean of 3 seeds)" in next(iter(lines(listed(tmp_path))))
    assert f"1. trial {other:3d}" in summary(store) and "mean of 3 seeds" in summary(store)
    assert best_of("mine", tmp_path, load_space("cnn"))[0].params == best.result.params
    assert explainable(store, None)[0].number == other


def test_an_export_takes_the_winner_and_says_its_seeds(
    searches: Searches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = searches(3)
    other = second_wins(store)
    # The scores were changed by hand, so they are not those of the predictions any more.
    monkeypatch.setattr(choice, "checked_runs", lambda *_: [store])
    best = choose(TASKS["age"], None, None, tmp_path, print).best
    assert best.result.number == other and best.score != best.own
    assert list(best.by_seed) == [store.experiment.seed, *further_seeds(store.experiment)]


def test_an_ablation_is_around_the_winner(searches: Searches, tmp_path: Path) -> None:
    store = searches(3)
    other = second_wins(store)
    said = list[str]()
    ablate(AblateOptions("mine", tmp_path, pair=True, data=searches.options.data), said.append)
    assert said[0].startswith(f"ablation: trial {other} as found")


def test_a_final_of_one_is_refused_before_anything_is_made(searches: Searches, tmp_path: Path) -> None:
    for most in (1, -1):
        with pytest.raises(UserError, match=f"--finalists {most}"):
            searches(most)
    assert not list(tmp_path.iterdir())


def test_nobody_is_in_a_final_of_trials_that_are_not_tied(
    searches: Searches, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(final, "finalists", finalists)
    store = searches(3, portfolio=False)
    assert not finals_of(store.path) and searches.about == ["finalists: none, no trial is tied with the best"]
