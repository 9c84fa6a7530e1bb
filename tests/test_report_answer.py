"""The answer at the head of a report, in plain words: the best trial, the hold-out, and how numbers are written."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pages import group_of, words
from predicted_runs import predicted_run
from run_folders import add_seed, infeasible, mixed, run_folder, trial

from reports._drawing.metrics import metric_of, objective_of
from reports._drawing.numbers import gain, scalar
from reports._page.build import build_report
from reports._page.verdict import correction_line
from trials.best import best_trials
from trials.lineage import Lineage, Overlap, SeenFilms, save_lineage
from xrays.tasks import TASKS


def test_the_answer_in_plain_words(tmp_path: Path) -> None:
    page = words(build_report([run_folder(tmp_path, trials=mixed("age"))], tmp_path / "report.html"))
    assert "MAE 8.50 years 95 % interval – in cross-validation, the best of 4 trials" in page
    assert "8.50 ± 0.46 years , mean ± standard error over 3 folds" in page
    assert (
        "Constant predictor: 14.10 ± 0.09 years. The best trial has 40 % less error and is better on 3 of 3" in page
    )
    assert "Linear probe: 11.10 ± 0.09 years. The best trial has 23 % less error" in page
    assert "This is the best of 4 trials on the folds that chose it, so it is optimistic" in page
    assert "Hold-out: not opened." in page
    assert "Research use; not a diagnostic device." in page
    assert "Synthetic" not in page


@pytest.mark.parametrize(("scores", "unbeaten"), [
    ([8.0, 8.1, 8.2], ""), ([12.0, 12.1, 12.2], "the linear probe"), ([11.0, 11.1, 11.2], "the linear probe"),
    ([19.0, 19.1, 19.2], "the constant predictor and the linear probe"),
])  # fmt: skip
def test_a_banner_where_no_trial_beats_a_baseline(scores: list[float], unbeaten: str, tmp_path: Path) -> None:
    page = words(build_report([run_folder(tmp_path, trials=[trial(0, scores)])], tmp_path / "report.html"))
    assert ("No trial beats" in page) == bool(unbeaten)
    assert not unbeaten or f"No trial beats {unbeaten}." in page


def test_commands_are_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run is named with the folder that it lies in, unless that is where the command line looks by itself."""
    monkeypatch.chdir(tmp_path)
    for parent, where in (("runs", ""), ("other runs", "--runs 'other runs' ")):
        run = run_folder(Path(parent), "a run", trials=mixed("age"))
        page = words(build_report([run], tmp_path / "report.html"))
        assert f"python cli.py export --run 'a run' {where}--task age" in page
        assert f"python cli.py ablate 'a run' {where}".strip() in page
        assert f"python cli.py explain 'a run' {where}".strip() in page
        assert "cli.py ablate RUN" not in page and "cli.py explain RUN" not in page


def test_the_scores_of_the_answer_have_one_notation(tmp_path: Path) -> None:
    run = predicted_run(tmp_path, "gender", [0.5, 0.6], films=300)
    best_trials = int(group_of(run).frame.query("kind == 'trial'").sort_values("loss")["number"].iloc[0])
    metrics = {"accuracy": 0.8, "auc": 0.9}
    run.add_opening(
        {
            "opened": "2025",
            "openings": 1,
            "trial": best_trials,
            "films": 40,
            "metrics": metrics,
            "interval": [0.7, 0.88],
        }
    )
    page = words(build_report([run], tmp_path / "report.html"))
    card = r"Accuracy \d+\.\d % 95 % interval \d+\.\d to \d+\.\d "
    for kind in ("in cross-validation", "corrected for picking", "on the hold-out"):
        assert re.search(card + kind, page), kind
    assert "Accuracy 80.0 % 95 % interval 70.0 to 88.0 on the hold-out" in page


def test_a_corrected_score_that_is_no_worse_says_why(tmp_path: Path) -> None:
    ahead = predicted_run(tmp_path, "age", [0.5, 3.0], films=300)
    choice, score = group_of(ahead).choice, group_of(ahead).frame.query("kind == 'trial'")["score"].min()
    assert choice is not None
    said = "Here it is better than the score in cross-validation" in words(build_report([ahead], tmp_path / "r.html"))
    assert said == (choice.corrected < score)
    found = group_of(ahead)
    better = replace(choice, corrected=score - 0.5)
    vars(found)["choice"] = better
    assert "by 0.50 years" in correction_line(found, best_trials(found.rows, 1).to_dict("records")[0])


def test_the_answer_for_gender_is_in_percent(tmp_path: Path) -> None:
    run = run_folder(tmp_path, trials=[trial(0, [0.8, 0.82, 0.84], task="gender")], task="gender")
    page = words(build_report([run], tmp_path / "report.html"))
    assert (
        "82.0 ± 1.8 % , mean ± standard error" in page and "Accuracy 82.0 %" in page and "AUC 0.870 ± 0.018" in page
    )
    assert "26.0 percentage points more" in page


def test_infeasible_trials_are_not_among_those_that_chose(tmp_path: Path) -> None:
    results = [trial(0, [9.0] * 3), trial(1, [9.0], "pruned"), infeasible(2, "too large")]
    page = words(build_report([run_folder(tmp_path, trials=results)], tmp_path / "report.html"))
    assert "This is the best of 2 trials" in page


def test_the_hold_out_stands_beside_its_number_of_openings(tmp_path: Path) -> None:
    opened = [
        {"opened": f"2025-03-0{n}T10:00:00Z", "openings": n, "trial": 3, "films": 7, "metrics": {"mae": 9.0 + n}}
        for n in (1, 2)
    ]
    run = run_folder(tmp_path, trials=mixed("age"), holdout=opened)
    page = words(build_report([run], tmp_path / "report.html"))
    assert "Hold-out: MAE 11.00 years" in page
    assert "trial 3 on 7 films, last opened 2025-03-02; its films opened 2 times in all" in page


@pytest.mark.parametrize(
    ("met", "said"),
    [
        (Overlap(7, 5, 1, ()), "Not independent: 5 of these 7 films were trained on"),
        (
            Overlap(7, 0, 0, ("densenet.h5",)),
            "Not known to be independent: which films densenet.h5 has seen is unknown",
        ),
        (Overlap(7, 0, 0, ()), ""),
        (None, "Not known to be independent: whether these films were new to the model was not recorded"),
    ],
)
def test_a_hold_out_that_was_known_before_is_not_called_clean(met: Overlap | None, said: str, tmp_path: Path) -> None:
    opening = {"opened": "2025-03-01T10:00:00Z", "openings": 1, "trial": 3, "films": 7, "metrics": {"mae": 9.0}}
    run = run_folder(tmp_path, trials=mixed("age"), holdout=[opening | (met.to_json() if met else {})])
    page = words(build_report([run], tmp_path / "report.html"))
    assert said in page and ("independent" in page) == bool(said)
    verdict = met.independent if met else None
    known, unknown = verdict is False, verdict is None
    assert ("An unbiased score comes from the hold-out" in page) != known
    assert ("if its films were new to the model, which is not known" in page) == unknown
    assert ("No score here is unbiased" in page) == known
    for doubt, told in (("not independent", known), ("not known to be independent", unknown)):
        assert (f"opened once; {doubt}" in page) == told and (f"opening 1, {doubt}" in page) == told


def test_what_the_weights_knew_stands_above_the_results(tmp_path: Path) -> None:
    run = run_folder(tmp_path, trials=mixed("age"))
    films = run.films()
    prints = np.arange(len(films.ids), dtype=np.uint64)
    scored = films.development()
    seen = SeenFilms(trained=frozenset(prints[scored][:4].tolist()), unknown=("other.h5",))
    save_lineage(run.path, Lineage(prints, {"densenet121": seen}, SeenFilms()))
    page = words(build_report([run], tmp_path / "report.html"))
    assert f"the weights were trained on 4 of the {scored.sum()} films in the folds" in page
    assert "which films other.h5 was trained on is unknown" in page and "NOT INDEPENDENT" not in page


def test_no_note_calls_films_new_which_weights_may_have_known(tmp_path: Path) -> None:
    page = words(build_report([predicted_run(tmp_path, "age", [0.5])], tmp_path / "report.html"))
    assert page.count("trained on the other folds") >= 2 and "had not seen" not in page


def test_a_look_at_the_hold_out_for_one_run_counts_for_all_on_its_films(tmp_path: Path) -> None:
    opening = {"opened": "2025-03-01T10:00:00Z", "openings": 3, "trial": 0, "films": 7, "metrics": {"mae": 9.0}}
    looked = run_folder(tmp_path, "looked", trials=mixed("age"), holdout=[opening], seed=1)
    other = run_folder(tmp_path, "other", trials=mixed("age"), seed=2)
    folds = run_folder(tmp_path, "folds", trials=mixed("age"), plan="another", seed=3)
    page = words(build_report([looked, other, folds], tmp_path / "report.html"))
    assert page.count("not opened for this run, but its films have been opened 3 times for others") == 2
    assert "The hold-out has been opened 3 times: a score picked among those is optimistic too" in page
    alone = words(build_report([other], tmp_path / "alone.html"))
    assert "not opened" in alone and "for others" not in alone


AGE, GENDER = TASKS["age"], TASKS["gender"]
MAE = objective_of(AGE)


@pytest.mark.parametrize(("shown", "expected"), [
    (MAE.spread(9.834, 0.412), "9.83 ± 0.41"), (MAE.spread(9.834, math.nan), "9.83"),
    (MAE.spread(math.nan, math.nan), "–"), (MAE.value(None), "–"),
    (metric_of(GENDER, "accuracy").spread(0.8421, 0.0131), "84.2 ± 1.3"),
    (metric_of(GENDER, "auc").value(0.91234), "0.912"), (metric_of(AGE, "r2").value(-0.041), "−0.04"),
    (metric_of(AGE, "unlisted").value(0.5), "0.500"), (metric_of(AGE, "within_10").heading, "Within 10 years, %"),
    (scalar(0.00123456789), "0.00123457"), (scalar(True), "true"), (scalar("é"), "é"),
    (gain(AGE, 9.0, 10.0), "10 % less error"), (gain(AGE, 11.0, 10.0), "10 % more error"),
    (gain(GENDER, 0.5, 0.6), "10.0 percentage points less"), (gain(AGE, 9.0, 9.0), "no difference"),
])  # fmt: skip
def test_numbers(shown: str, expected: str) -> None:
    assert shown == expected


def test_the_headline_stands_beside_the_score_without_the_luck_of_being_picked(tmp_path: Path) -> None:
    pruned = {4: 1, 5: 2, 6: 0}
    run = predicted_run(tmp_path, "age", [0.8, 0.81, 0.82, 3.0, 0.9, 0.9, 0.9], pruned=pruned, films=300)
    choice = group_of(run).choice
    assert choice is not None
    assert (choice.among, choice.partial, choice.unseen) == (6, 2, 1)
    assert choice.tied and ("run", 3) not in choice.tied
    page = words(build_report([run], tmp_path / "report.html"))
    low, high = choice.interval
    ends = f"95 % interval {low:.2f} to {high:.2f}"
    assert f"MAE {choice.corrected:.2f} years {ends} corrected for picking the best of 6" in page
    assert "(2 of them with the folds that they finished, without 1 that finished no fold)" in page
    assert f"Tied with the best: {len(choice.tied)} other trial" in page and "None of them is smaller" in page


def test_trials_on_smaller_budgets_and_repeated_ones_are_no_candidates(tmp_path: Path) -> None:
    run = predicted_run(tmp_path, "gender", [0.8, 0.9, 1.0], pruned={2: 1})
    before = group_of(run).choice
    assert before is not None and before.among == 3
    run.append(replace(trial(3, [], "duplicate", "gender"), duplicate_of=0))
    assert group_of(run).choice == before
    lines = (run.path / "trials.jsonl").read_text().splitlines()
    lines[2] = json.dumps({**json.loads(lines[2]), "max_epochs": 1})
    (run.path / "trials.jsonl").write_text("\n".join(lines) + "\n")
    after = group_of(run).choice
    assert after is not None and (after.among, after.unseen) == (2, 0)


def test_two_runs_are_one_choice_and_the_smallest_that_ties_is_named(tmp_path: Path) -> None:
    one = predicted_run(tmp_path, "age", [1.0], name="one", films=300)
    other = predicted_run(tmp_path, "age", [3.0, 1.0], name="two", films=300)
    lines = (one.path / "trials.jsonl").read_text().replace('"parameters": 12345', '"parameters": 999')
    (one.path / "trials.jsonl").write_text(lines)
    choice = group_of(one, other).choice
    assert choice is not None and choice.among == 3 and choice.tied == {("one", 0)}
    page = words(build_report([one, other], tmp_path / "report.html"))
    assert "Tied with the best: 1 other trial" in page
    assert "The smallest of them is trial 0 · one: 999 parameters, MAE" in page


def test_a_fold_in_which_trials_were_stopped_midway_does_not_score(tmp_path: Path) -> None:
    whole = predicted_run(tmp_path, "age", [1.0, 1.1, 1.2], films=300)
    between = group_of(whole).choice
    assert between is not None and (between.scored, between.folds, between.peeked) == (3, 3, False)
    first = predicted_run(tmp_path, "age", [1.0, 1.1, 1.2], name="first", films=300, pruned={2: 0})
    choice = group_of(first).choice
    assert choice is not None and (choice.scored, choice.peeked) == (2, False)
    # Two folds alone may be easier or harder than all: the linear probe says by how much.
    assert between.corrected == pytest.approx(choice.corrected, rel=0.05)
    page = words(build_report([first], tmp_path / "report.html"))
    assert "Only the 2 of 3 folds count in which no trial was stopped midway" in page
    every = predicted_run(tmp_path, "age", [1.0, 1.1, 1.2, 1.3], name="every", films=300, pruned={1: 0, 2: 1, 3: 2})
    assert "stopped within every fold by its own films" in words(build_report([every], tmp_path / "report.html"))


def test_one_network_in_two_runs_is_one_candidate(tmp_path: Path) -> None:
    """Two searches of one space and seed begin with the same network."""
    one = predicted_run(tmp_path, "age", [1.0, 2.0, 3.0], name="one", films=300, pruned={2: 1})
    again = predicted_run(tmp_path, "age", [1.0, 2.0, 3.0], name="two", films=300, pruned={1: 2, 2: 1})
    choice = group_of(one, again).choice
    assert choice is not None and (choice.among, choice.partial, choice.unseen) == (3, 1, 0)
    assert choice.same == {("two", number): ("one", number) for number in range(3)}
    assert not choice.tied, "the best is not tied with itself"
    page = words(build_report([one, again], tmp_path / "report.html"))
    assert "in cross-validation, the best of 3 trials" in page
    assert page.count("the same as trial") == 3 and "the same as trial 0 · one" in page


def test_trials_on_smaller_budgets_are_counted_apart(tmp_path: Path) -> None:
    run = predicted_run(tmp_path, "age", [1.0, 1.1, 1.2], pruned={2: 1})
    lines = (run.path / "trials.jsonl").read_text().splitlines()
    lines[2] = json.dumps({**json.loads(lines[2]), "max_epochs": 1})
    (run.path / "trials.jsonl").write_text("\n".join(lines) + "\n")
    page = words(build_report([run], tmp_path / "report.html"))
    assert "the best of 2 trials; 1 more were tried on smaller budgets" in page
    assert "corrected for picking the best of 2" in page


def test_without_predictions_the_answer_says_what_is_missing(tmp_path: Path) -> None:
    page = words(build_report([run_folder(tmp_path, trials=mixed("age"))], tmp_path / "report.html"))
    assert "corrected for picking the best: needs the out-of-fold predictions" in page
    assert "Tied with" not in page.split("Leaderboard")[0] and "Noise of the seed" not in page
    only = run_folder(tmp_path, "only", trials=[trial(0, [9.0] * 3)])
    assert "corrected" not in words(build_report([only], tmp_path / "report.html")).split("Leaderboard")[0]


def test_the_noise_of_the_seed_is_told_where_trials_were_repeated(tmp_path: Path) -> None:
    run = run_folder(tmp_path, trials=mixed("age"))
    for seed, score in ((1, 9.0), (2, 10.0)):
        add_seed(run, 3, seed, (score, score, score))
    page = words(build_report([run], tmp_path / "report.html"))
    assert "Noise of the seed: ± 0.71 years, the standard deviation between seeds (one trial, 2 seeds)" in page
    assert "Two trials of the same quality differ by up to 12.71 years from the seed alone (95 %)" in page


def test_the_best_trials_score_on_the_hold_out_is_part_of_the_headline(tmp_path: Path) -> None:
    opening = {"opened": "2025-03-01T10:00:00Z", "openings": 1, "trial": 3, "films": 7, "metrics": {"mae": 9.25}}
    opening["interval"] = [8.0, 10.5]
    run = run_folder(tmp_path, trials=mixed("age"), holdout=[opening])
    page = words(build_report([run], tmp_path / "report.html"))
    assert "MAE 9.25 years 95 % interval 8.00 to 10.50 on the hold-out, which has been opened once" in page
    run.add_opening({**opening, "openings": 2, "metrics": {"mae": 8.75}, "way": "ensemble of 5"})
    page = words(build_report([run], tmp_path / "report.html"))
    assert "MAE 8.75 years 95 % interval 8.00 to 10.50 on the hold-out by the ensemble of 5, which has been" in page
    ends = {"intervals": {"mae": [8.0, 10.5], "rmse": None}}
    patients = {"patients": 6, "metrics": {"mae": 9.0}, "intervals": {"mae": [7.5, 10.0]}}
    run.add_opening({**opening, **ends, "openings": 3, "by_patient": patients})
    page = words(build_report([run], tmp_path / "report.html"))
    assert (
        "MAE 9.25 (8.00 to 10.50) years, RMSE –, R² –; by patient, of 6, MAE 9.00 (7.50 to 10.00) years (in" in page
    )
    other = run_folder(tmp_path, "other", trials=mixed("age"), holdout=[{**opening, "trial": 0}])
    assert "hold-out: not opened for it" in words(build_report([other], tmp_path / "report.html"))
