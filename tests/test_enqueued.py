"""What a search knows before it begins: given configurations, those of another run, and older trials."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from drawing import SPACE, Script, at, new_store, searched
from run_folders import run_folder, trial

from runners._search.budget import Budget
from runners._search.enqueued import BEST, best_of, configurations_in
from runners._search.known import known_trials
from search_spaces._narrow import narrow
from trials.records import TrialResult
from xrays.errors import UserError


def run_of(parent: Path, count: int, **identity: object) -> None:
    results = [
        trial(n, [0.7 + n / 100] * 3, task="gender", params=at(1e-3 + n / 1000, depth=2 + n % 4).params)
        for n in range(count)
    ]
    run_folder(parent, "old", results, task="gender", **identity)  # type: ignore[arg-type]


def test_the_best_of_another_run_come_first_the_best_at_the_head(tmp_path: Path) -> None:
    run_of(tmp_path, 8)
    found = best_of("old", tmp_path, SPACE)
    assert [one.origin for one in found] == [f"old, trial {n}" for n in (7, 6, 5, 4, 3)] and len(found) == BEST
    assert found[0].params["learning_rate"] == pytest.approx(8e-3)
    for one in found:
        SPACE.recipe(one.params)


def test_they_are_fitted_into_a_narrowed_space(tmp_path: Path) -> None:
    run_of(tmp_path, 8)
    smaller = narrow(SPACE, ["depth=3..4"], ["batch_size=16"])
    found = best_of("old", tmp_path, smaller)
    assert {one.params["depth"] for one in found} <= {3, 4} and found[0].params["batch_size"] == 16
    for one in found:
        smaller.recipe(one.params)


def test_a_run_of_another_space_or_without_a_score_is_refused(tmp_path: Path) -> None:
    run_of(tmp_path, 2, space="transfer")
    with pytest.raises(UserError, match="space transfer"):
        best_of("old", tmp_path, SPACE)
    run_folder(tmp_path, "empty", [])
    with pytest.raises(UserError, match="0 trials in full"):
        best_of("empty", tmp_path, SPACE)


def test_a_file_of_configurations(tmp_path: Path) -> None:
    file = tmp_path / "first.json"
    file.write_text(json.dumps([{"depth": 2}, {"learning_rate": 0.004, "dropout": 0}]))
    first, second = configurations_in(file, SPACE)
    assert first.params == {**SPACE.first, "depth": 2} and first.origin == "first.json 1"
    assert second.params == {**SPACE.first, "learning_rate": 0.004, "dropout": 0.0}
    file.write_text('{"depth": 5}')
    assert configurations_in(file, SPACE)[0].params["depth"] == 5


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[{", "is no JSON"),
        ("[3]", "no object"),
        ('[{"deep": 3}]', "no parameter deep"),
        ('[{"depth": 9}]', "depth=9"),
        ('[{"depth": true}]', "depth is true"),
        ('[{"depth": "3"}]', 'depth is "3"'),
        ('[{"learning_rate": NaN}]', "learning_rate"),
        ('[{"activation": "tanhh"}]', "activation=tanhh"),
        ('[{"ema": 1}]', "ema is 1"),
        ("[]", "holds no configuration"),
        (f'[{{"learning_rate": 1{"0" * 400}}}]', "learning_rate is 10000"),
        (f'[{{"depth": 1{"0" * 400}}}]', "depth"),
        ('[{"dropout": 1e999}]', "dropout"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(content: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "first.json"
    file.write_text(content)
    with pytest.raises(UserError) as error:
        configurations_in(file, SPACE)
    assert said in str(error.value) and "spaces cnn" in str(error.value)
    with pytest.raises(UserError, match="cannot be read"):
        configurations_in(tmp_path / "none.json", SPACE)


def test_older_trials_are_known_to_the_searcher_and_count_for_nothing(tmp_path: Path) -> None:
    old = [
        trial(0, [9.0] * 3, params=at(1e-3).params),
        trial(1, [9.0] * 3, "pruned", params=at(2e-3).params),
        trial(2, [8.0] * 3, params={**at(3e-3).params, "depth": 17}),
        trial(3, [8.5] * 3, params={"depth": 3}),
        trial(4, [7.0] * 3, params=at(4e-3).params),
    ]
    known = known_trials(old, SPACE, "fork of old")
    assert [(result.number, result.params["learning_rate"]) for result in known] == [(-1, 1e-3), (-2, 4e-3)]
    store, script = new_store(tmp_path / "run", known=known), Script()
    searched(store, script, Budget(3))
    assert [result.number for result in store.trials()] == [0, 1, 2]
    assert [(t.number, t.origin) for t in script.replayed] == [(-1, "fork of old"), (-2, "fork of old")]
    assert all(isinstance(t, TrialResult) and t.state == "complete" for t in script.replayed)
