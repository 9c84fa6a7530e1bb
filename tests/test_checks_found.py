"""What each check of the report finds in runs in which one thing is wrong, and not in others."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from cli_process import COMMANDS
from pages import group_of
from predicted_runs import hold_final, predicted_run
from run_folders import run_folder, scores, transfer_folder, transferred, trial, with_films

from reports._evidence.groups import Group
from reports.checks import load
from reports.checks._check import Finding
from reports.checks._ranges import parts, pressed, without
from reports.checks.odd_fold import _odd
from search_spaces import load_space, space_names
from search_spaces._narrow import narrow, narrowing
from search_spaces._space import domains
from trials.commands import anew, more_of, note_command
from trials.domains import Domain
from trials.lineage import Lineage, SeenFilms, save_lineage
from trials.store import RunStore
from xrays.strict_json import as_json
from xrays.tasks import TASKS

SEARCH = (
    "python cli.py search --task age --data data/tiny32 --trials 9 --set=depth=2..3 --fix batch_size=32 --no-ablation"
)


def found(code: str, *runs: RunStore) -> Finding:
    return load(code).look(group_of(*runs))


def with_tables(run: RunStore, **tables: pd.DataFrame) -> Group:
    """The group of a run whose sections have found this."""
    group = group_of(run)
    group.tables.update(tables)
    return group


def options(command: str) -> dict[str, Any]:
    """What the command line makes of it."""
    _, _, name, *words = shlex.split(command)
    return dict(COMMANDS.commands[name].make_context(name, words).params)  # type: ignore[attr-defined]


def test_a_search_goes_on_with_its_own_command(tmp_path: Path) -> None:
    run = run_folder(tmp_path / "my runs", "mine", trials=[])
    assert more_of(run) == "" == anew(run), "nothing is on record"
    note_command(run.path, "python cli.py export --task age")
    note_command(run.path, SEARCH)
    typed = options(more_of(run, trials=99))
    assert (typed["task"], typed["trials"], typed["name"]) == ("age", 99, "mine")
    assert (typed["narrow"], typed["fix"], typed["no_ablation"]) == (["depth=2..3"], ["batch_size=32"], True)
    assert (str(typed["data"]), typed["runs"]) == (run.provenance.arrays, tmp_path / "my runs")


def test_another_search_begins_with_the_best_of_this_one(tmp_path: Path) -> None:
    run = run_folder(tmp_path, "mine", trials=[])
    note_command(run.path, f"{SEARCH} --name mine --fork --start-from older --timeout 8h")
    typed = options(anew(run, ["depth=3", "head=max", "batch_size="], epochs=60, timeout=None))
    assert (typed["narrow"], typed["fix"]) == (["depth=3", "head=max"], ())
    assert (typed["name"], typed["fork"], typed["start_from"]) == (None, False, "mine")
    assert (typed["epochs"], typed["timeout"]) == (60, "")


@pytest.mark.parametrize("task", TASKS)
def test_better_than_no_network(task: str, tmp_path: Path) -> None:
    """The linear probe errs by 1.5."""
    assert found("baselines", predicted_run(tmp_path, task, [0.2], name="good", films=400)).severity == "passed"
    said = found("baselines", predicted_run(tmp_path, task, [float("inf")], name="bad", films=400))
    assert said.severity == "problem" and "No trial beats the" in said.found
    near = [
        found("baselines", predicted_run(tmp_path, task, [1.4], name=f"near-{n}", films=60, seed=n)) for n in range(6)
    ]
    assert "The lead over the linear probe may be luck" in " ".join(each.found for each in near)


def test_a_fold_is_odd_when_it_differs_from_every_other() -> None:
    error = np.full(5, 0.5)
    assert _odd(np.array([[10, 10.2, 9.9, 14, 10.1], error])) == 3
    assert _odd(np.array([[10, 10.2, 9.9, 6, 10.1], error])) == 3
    assert _odd(np.array([[10, 10.2, 9.9, 14, 10.1], 4 * error])) is None
    assert _odd(np.array([[10, 10.2, 9.9, 14, 13.5], error])) is None, "another one is like it"
    with np.errstate(all="raise"):
        assert _odd(np.zeros((2, 5))) is None, "all answers are right"


def test_one_fold_goes_wrong(tmp_path: Path) -> None:
    run = predicted_run(tmp_path, "age", [0.3], films=300, folds=4)
    assert found("odd_fold", run).severity == "passed"
    predicted = run.out_of_fold(0)
    assert predicted is not None
    predicted[run.films().assignment == 2] += 40
    np.save(run.path / "oof" / "00000.npy", predicted)
    said = found("odd_fold", RunStore.open(run.path))
    assert said.severity == "hint" and said.found.startswith("Fold 2 is worse than every other")
    assert options(said.command)["fold"] == 2 and "the training" in said.more


def test_luck_of_the_seed(tmp_path: Path) -> None:
    apart = predicted_run(tmp_path, "age", [0.2, 2.0], name="apart", films=200)
    assert found("seeds", apart).severity == "passed"
    equal = predicted_run(tmp_path, "age", [0.5, 0.5, 0.5], name="equal", films=200)
    said = found("seeds", equal)
    assert said.severity == "hint" and options(said.command)["seeds"] == 3
    hold_final(equal, {0: [0.5, 0.6], 1: [0.6, 0.5]})
    said = found("seeds", RunStore.open(equal.path))
    assert said.severity == "hint" and options(said.command)["seeds"] == 5 and "is ahead of trial" in said.found


def test_still_gaining(tmp_path: Path) -> None:
    late = predicted_run(tmp_path, "age", [1.5] * 20 + [0.2], name="late", films=200)
    note_command(late.path, SEARCH)
    said = found("gaining", late)
    assert said.severity == "hint" and options(said.command)["trials"] == 31
    early = predicted_run(tmp_path, "age", [0.2] + [1.5] * 20, name="early", films=200)
    assert found("gaining", early).severity == "passed"
    assert "long stopped" in found("gaining", early).found
    assert found("gaining", predicted_run(tmp_path, "age", [1.0] * 5, name="few")).severity == "not applicable"


def test_too_few_complete_trials(tmp_path: Path) -> None:
    raced = [
        trial(n, [9.0, 9.5, 10.0] if n % 5 == 0 else [12.0], "complete" if n % 5 == 0 else "pruned")
        for n in range(70)
    ]
    varied = [replace(each, params={**each.params, "depth": n % 4 + 2}) for n, each in enumerate(raced)]
    run = run_folder(tmp_path, trials=varied)
    note_command(run.path, SEARCH)
    said = found("few_complete", run)
    assert said.severity == "hint" and said.found.startswith("14 of 70 trials are complete")
    assert options(said.command)["pruner"] == "none"


def trial_with(curve: Sequence[float], task: str = "age") -> Any:
    """A trial with that curve in every fold, each a little otherwise."""
    plain = trial(0, [curve[-1]] * 3, task=task)
    folds = [replace(fold, curve=tuple(c + 0.001 * fold.fold for c in curve)) for fold in plain.folds]
    return replace(plain, folds=tuple(folds))


@pytest.mark.parametrize(
    ("curve", "severity", "epochs"),
    [
        ([20 - 0.5 * n for n in range(20)], "hint", 8),
        ([20 - 0.5 * min(n, 8) for n in range(20)], "passed", None),
        ([*(20 - n for n in range(10)), *(11 + 0.5 * n for n in range(10))], "hint", 10),
        ([9.0] * 4, "not applicable", None),
    ],
)
def test_length_of_training(curve: list[float], severity: str, epochs: int | None, tmp_path: Path) -> None:
    """Runs of these tests are of 4 epochs."""
    run = run_folder(tmp_path, trials=[trial_with(curve)])
    note_command(run.path, SEARCH)
    said = found("curves_end", run)
    assert said.severity == severity
    if epochs:
        assert abs(options(said.command)["epochs"] - epochs) <= 1


@pytest.mark.parametrize(("score", "severity"), [(0.5, "passed"), (3.0, "problem"), (0.1, "hint")])
def test_the_hold_out_is_as_expected(score: float, severity: str, tmp_path: Path) -> None:
    run = predicted_run(tmp_path, "age", [0.5, 0.9], films=400)
    corrected = group_of(run).choice
    assert corrected is not None
    value = corrected.corrected * score / 0.5
    opening = {"opened": "2026-01-01", "openings": 1, "trial": 0, "films": 50, "metrics": {"mae": value}}
    assert found("hold_out", run).severity == "not applicable"
    run.add_opening({**opening, "interval": [0.9 * value, 1.1 * value], "way": "ensemble of 5"})
    assert found("hold_out", run).severity == "not applicable"
    run.add_opening({**opening, "interval": [0.9 * value, 1.1 * value]})
    assert found("hold_out", run).severity == severity


def test_looks_at_the_hold_out(tmp_path: Path) -> None:
    group = group_of(predicted_run(tmp_path, "age", [0.5, 0.9]))
    assert [load("opened").look(replace(group, opened=n)).severity for n in range(3)] == ["passed", "passed", "hint"]


def slopes(pull: tuple[float, float, float], steep: tuple[float, float, float]) -> dict[str, pd.DataFrame]:
    ends = ["value", "low", "high"]
    return {
        "correction": pd.DataFrame([("slope", "as predicted", *pull)], columns=["figure", "model", *ends]),
        "regression_figures": pd.DataFrame(
            [("trial 0", "calibration_slope", *steep)], columns=["model", "figure", *ends]
        ),
    }


@pytest.mark.parametrize(
    ("pull", "steep", "said"),
    [
        ((0.7, 0.6, 0.8), (1.0, 0.9, 1.1), ""),
        ((0.3, 0.2, 0.4), (1.0, 0.9, 1.1), "less than half"),
        ((0.45, 0.35, 0.55), (1.0, 0.9, 1.1), ""),
        ((0.7, 0.6, 0.8), (0.7, 0.6, 0.8), "too far apart"),
        ((0.7, 0.6, 0.8), (1.4, 1.2, 1.6), "too close together"),
        ((0.7, 0.6, 0.8), (0.93, 0.9, 0.96), ""),
    ],
)
def test_spread_of_predictions(pull: Any, steep: Any, said: str, tmp_path: Path) -> None:
    finding = load("pulled").look(with_tables(run_folder(tmp_path, trials=[]), **slopes(pull, steep)))
    assert said in finding.found and (finding.severity == "hint") == bool(said)


def by_group(*cells: tuple[str, str, float, float, float]) -> pd.DataFrame:
    rows = [("age", "age", band, "", series, 100, *ends) for band, series, *ends in cells]
    return pd.DataFrame(
        rows, columns=["task", "label", "band", "series_label", "series", "films", "value", "low", "high"]
    )


@pytest.mark.parametrize(
    ("cell", "severity"),
    [((16, 14, 18), "hint"), ((25, 23, 27), "problem"), ((16, 8, 24), "passed"), ((11, 10.9, 11.1), "passed")],
)
def test_groups_with_large_errors(cell: tuple[float, float, float], severity: str, tmp_path: Path) -> None:
    many = [(f"band {n}", "all", 8.0, 7.0, 9.0) for n in range(9)]
    table = by_group(*many, ("the last", "all", *cell))
    said = load("errors_by_group").look(with_tables(run_folder(tmp_path, trials=[]), errors_by_label=table))
    assert said.severity == severity and ("Age the last" in said.found) == (severity != "passed")


def test_groups_with_many_wrong_answers(tmp_path: Path) -> None:
    many = [(f"band {n}", "all", 0.9, 0.88, 0.92) for n in range(9)]
    run = run_folder(tmp_path, trials=[], task="gender")
    worse = by_group(*many, ("the last", "all", 0.6, 0.55, 0.65))
    assert load("accuracy_by_group").look(with_tables(run, accuracy_by_label=worse)).severity == "problem"
    better = by_group(*many, ("the last", "all", 1.0, 0.97, 1.0))
    assert load("accuracy_by_group").look(with_tables(run, accuracy_by_label=better)).severity == "passed"


def test_threshold(tmp_path: Path) -> None:
    run = predicted_run(tmp_path, "gender", [0.8], films=400)
    assert found("threshold", run).severity == "passed"
    predicted = run.out_of_fold(0)
    assert predicted is not None
    np.save(run.path / "oof" / "00000.npy", predicted**4)
    said = found("threshold", RunStore.open(run.path))
    assert said.severity == "hint" and "more films are answered rightly than from 0.5 on: +" in said.found


@pytest.mark.parametrize(
    ("gain", "severity"),
    [((0.05, 0.03, 0.07), "hint"), ((0.05, -0.02, 0.12), "passed"), ((0.005, 0.004, 0.006), "passed")],
)
def test_a_threshold_is_surely_better_and_by_enough(gain: Any, severity: str, tmp_path: Path) -> None:
    columns = ["task", "threshold", "figure", "value", "low", "high"]
    table = pd.DataFrame(
        [("gender", 0.5, "gain", 0.0, np.nan, np.nan), ("gender", 0.6, "gain", *gain)], columns=columns
    )
    group = with_tables(run_folder(tmp_path, trials=[], task="gender"), thresholds=table)
    assert load("threshold").look(group).severity == severity


def test_smaller_and_as_good(tmp_path: Path) -> None:
    run = predicted_run(tmp_path, "age", [0.5, 0.5], films=200)
    assert found("tied", run).severity == "passed"
    best = int(group_of(run).frame.query("kind == 'trial'").sort_values("loss")["number"].iloc[0])
    assert sized(run, {best: 100_000, 1 - best: 60_000}).severity == "passed"
    said = sized(run, {best: 100_000, 1 - best: 20_000})
    assert said.severity == "hint" and options(said.command)["trial"] == 1 - best


def sized(run: RunStore, parameters: Mapping[int, int]) -> Finding:
    group = group_of(run)
    frame = group.frame.assign(parameters=[parameters.get(number) for number in group.frame["number"]])
    return load("tied").look(replace(group, frame=frame))


def test_searches_cut_short(tmp_path: Path) -> None:
    run = run_folder(tmp_path, "mine", trials=[])
    note_command(run.path, SEARCH)
    assert found("killed", run).severity == "not applicable"
    run.save_budget({"trials": 9})
    said = found("killed", run)
    assert said.severity == "hint" and "killed" in said.found and options(said.command)["name"] == "mine"
    for ended, severity in (("stopped", "hint"), ("paused", "passed"), ("finished", "passed")):
        run.save_ending(ended, "so it was")
        assert found("killed", run).severity == severity


def test_failures_of_one_kind(tmp_path: Path) -> None:
    def of(failed: int, whole: int) -> Finding:
        bad = [trial(n, [], "failed", error="ValueError: bad") for n in range(failed)]
        good = [trial(n, [9.0] * 3) for n in range(failed, failed + whole)]
        return found("failures", run_folder(tmp_path, f"{failed}-{whole}", trials=[*bad, *good]))

    assert [of(0, 9).severity, of(2, 3).severity, of(3, 60).severity] == ["passed", "passed", "hint"]
    worst = of(3, 9)
    assert worst.severity == "problem"
    assert "3 of 12 trials failed in one way (raised): ValueError: bad" in worst.found


def test_values_press_against_an_end() -> None:
    numbers, real, small = (
        Domain(low=2, high=5, step=1),
        Domain(low=1e-4, high=1e-2, log=True),
        Domain(low=0, high=0.6),
    )
    assert pressed(numbers, [5] * 6, 0.05) == "high" and pressed(numbers, [2] * 6, 0.05) == "low"
    assert pressed(numbers, [5] * 2, 0.05) == "", "it may be luck"
    assert pressed(numbers, [5] * 5 + [4], 0.05) == ""
    assert pressed(real, [9e-3, 8e-3, 7e-3], 0.05) == "high" and pressed(real, [9e-3, 8e-3, 5e-3], 0.05) == ""
    assert pressed(small, [0.01] * 5, 0.05) == "" and pressed(small, [0.59] * 5, 0.05) == "high"


def test_ends_of_ranges(tmp_path: Path) -> None:
    given = [{"depth": 5 if n < 6 else 2 + n % 4} for n in range(10)]
    noises = [0.5] * 6 + [3.0] * 4
    whole = {"provenance": {"domains": {"depth": Domain(low=2, high=5, step=1)}}}
    run = predicted_run(tmp_path, "age", noises, films=300, params=given, narrowing=("depth=2..5",), **whole)
    note_command(run.path, SEARCH)
    said = found("range_ends", run)
    assert said.severity == "hint" and "depth at 5, the most of 2 to 5" in said.found
    assert options(said.command)["narrow"] == () and options(said.command)["start_from"] == "run"
    other = predicted_run(tmp_path, "age", noises, name="whole", films=300, params=given, **whole)
    assert found("range_ends", other).command == "python cli.py spaces cnn"


def test_useless_ranges(tmp_path: Path) -> None:
    heads = Domain(options=("average", "max", "flatten"))
    given = [{"head": ("average", "max")[n % 2] if n < 30 else "flatten"} for n in range(60)]
    raced = [
        trial(
            n,
            scores("age", *[9.0 + n / 10] * 3) if n < 20 else [12.0],
            "complete" if n < 20 else "pruned",
            params=params,
        )
        for n, params in enumerate(given)
    ]
    run = run_folder(tmp_path, trials=raced, provenance={"domains": {"head": heads}})
    note_command(run.path, SEARCH)
    said = found("useless_ranges", run)
    assert said.severity == "hint" and "head flatten (30 trials)" in said.found
    assert options(said.command)["narrow"] == ["depth=2..3", "head=average,max"]


@pytest.mark.parametrize("space", space_names())
def test_every_part_can_be_left_out_of_every_space(space: str) -> None:
    """What is to be typed after --set is a narrowing that the space takes."""
    own = load_space(space)
    for name, domain in domains(own).items():
        options_ = tuple(getattr(domain, "options", ()))
        ends = {} if options_ else {"low": domain.low, "high": domain.high, "log": getattr(domain, "log", False)}  # type: ignore[union-attr]
        kept = Domain(options_, step=getattr(domain, "step", 0), **ends)
        every = parts(kept)
        for part in (every[:1], every[-1:]) if len(every) > 1 else ():
            text = without(name, kept, part)
            assert text and narrowing(own, narrow(own, [text], [])), (name, text)


def test_films_seen_before(tmp_path: Path) -> None:
    """Some of the folds' films were trained on; of other weights nobody knows what they have seen."""
    run = predicted_run(tmp_path, "age", [0.5])
    assert found("known_films", run).severity == "not applicable"
    films = np.arange(1, len(run.films().ids) + 1, dtype=np.uint64)

    def of(weights: SeenFilms) -> Finding:
        save_lineage(run.path, Lineage(films, {"densenet121": weights}, SeenFilms()))
        return found("known_films", run)

    assert of(SeenFilms()).severity == "passed"
    assert of(SeenFilms(unknown=("densenet121",))).severity == "hint"
    said = of(SeenFilms(trained=frozenset(films.tolist())))
    assert said.severity == "problem" and said.found.startswith("The weights were trained on")
    assert "NOT INDEPENDENT" in said.more


def test_faults_of_the_films(tmp_path: Path) -> None:
    folder = tmp_path / "films"
    run = run_folder(tmp_path, trials=[], provenance={"arrays": str(folder)})
    assert found("audit", run).severity == "not applicable"
    folder.mkdir()
    said = found("audit", run)
    assert said.severity == "hint" and options(said.command)["data"] == folder
    (folder / "audit.html").touch()
    for severities, expected in ((["passed"], "passed"), (["hint"], "hint"), (["hint", "problem"], "problem")):
        checks = [{"severity": severity, "title": f"a {severity}"} for severity in severities]
        (folder / "audit.json").write_text(as_json({"pixels": run.experiment.pixels, "checks": checks}))
        assert found("audit", run).severity == expected
    assert found("audit", run).found == "The audit has found problems: a problem."


def test_features_that_are_worth_nothing(tmp_path: Path) -> None:
    weak = transfer_folder(tmp_path, trials=transferred("age"))
    said = found("weak_features", weak)
    assert said.severity == "problem" and "densenet121" in said.found and "mobilenetv2" not in said.found
    good = transfer_folder(tmp_path, "good", [each for each in transferred("age") if each.number in (1, 2)])
    assert found("weak_features", good).severity == "passed"


def test_unknown_patients(tmp_path: Path) -> None:
    known = with_films(run_folder(tmp_path, trials=[]), groups=np.array([f"patient {n}" for n in range(12)]))
    assert found("patients", known).severity == "passed"
    unknown = with_films(known, groups=np.array([f"film {n}" for n in range(12)]))
    assert found("patients", unknown).severity == "hint"
