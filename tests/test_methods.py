"""The methods section: a sentence stands there where the run folder proves it, and only there."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_process import called
from pages import balanced, group_of
from predicted_runs import hold_final, predicted_run
from run_folders import asked, infeasible, mixed, opened_ways, run_folder, scores, trial, with_films

from reports import load
from reports._card.markdown import words as escaped
from reports._paper.methods import methods
from reports._paper.order import Order
from reports.methods import search
from reports.methods.references import REFERENCES
from reports.methods.written import LONGEST, paragraphs
from runners import load_runner, runner_names
from runners._race.pruners import PRUNERS
from trials.ablation import Arm, ArmPart, save_arms
from trials.collected import Collected, save_collected
from trials.commands import note_command
from trials.domains import Domain
from trials.parts import save_part
from trials.seeds import Final, save_final
from trials.store import RunStore
from xrays.assignment import UNUSED
from xrays.pixels.recipe import PixelRecipe
from xrays.splits import Splits
from xrays.tasks import TASKS


def said_of(*runs: RunStore) -> str:
    """All of the section as one text."""
    return " ".join(f"{subject}: {text}" for subject, text in paragraphs(group_of(*runs)))


AUGMENTED = {
    "augment_mode": Domain(options=("none", "combined")),
    "augment_flip": Domain(options=(False, True)),
    "augment_shift": Domain(options=(True,)),
    "augment_shift_strength": Domain(low=0.2, high=0.9),
}
# What may be so of a run or not: what is to be done to the pieces of one that is built, and what it then says.
Pieces = dict[str, Any]
OPTIONS: dict[str, tuple[Callable[[Pieces], object], str]] = {
    "no hold-out": (lambda p: p.update(held=False), "No film was held out."),
    "patients": (lambda p: p.update(groups=True), "All films of a patient are in one split."),
    "synthetic": (lambda p: p["about"].update(synthetic=True), "drawn by a computer"),
    "rejected": (lambda p: p.update(reasons={"rejected": {"is blank": 2}, "left out": {}}),
                 "Of 14 films that it lists 12 were prepared; 2 were rejected (is blank: 2)."),
    "copies": (lambda p: p.update(copies=3), "3 of these are copies"),
    "no label": (lambda p: p.update(lacking=2), "Of the prepared films 2 had no"),
    "augmentation": (lambda p: p["domains"].update(AUGMENTED),
                     "(mode none or combined). Each of these operations could be on or off: flip. "
                     "These were always on: shift. Their strengths were from 0.2 to 0.9"),
    "no pruner": (lambda p: p["own"].update(pruner="none"), "No trial was stopped early."),
    "backbone": (lambda p: (p["own"].update(weights="imagenet", space="transfer"),
                            p["domains"].update(backbone=Domain(options=("one", "two")))),
                 "The backbones (one and two) started from the weights ImageNet."),
    "narrowed": (lambda p: p["own"].update(narrowing=("depth=3..4",)), "narrowed: depth=3..4"),
    "limit": (lambda p: p["own"].update(max_parameters=5000), "of more than 5,000 parameters were not trained"),
    "fork": (lambda p: p["about"].update(fork_of="older"), "learnt from the trials of an earlier one, older."),
    "polarity": (lambda p: p.update(recipe=PixelRecipe(polarity="auto")), "recognised and put right"),
    "no crop": (lambda p: p.update(recipe=PixelRecipe(borders="keep")), ""),
    "opened": (lambda p: p.update(opened=True), "has been opened once"),
    "budget": (lambda p: p.update(budget={"trials": 50, "seconds": 5400.0, "patience": 0, "ended": "finished",
                                          "reason": "5 trials"}),
               "The budget was 50 trials and a time of 1 h 30 min. Its last call ended as follows: 5 trials."),
    "device": (lambda p: p["about"].update(device="x86_64, 2 cores"), "Training was done on x86_64, 2 cores"),
    "enqueued": (lambda p: p.update(origin="mine.json"), "from elsewhere were tried before others: 1 of mine.json."),
    "vectors": (lambda p: (p["own"].update(vectors="dino.npz@1", width=384),
                           p["about"].update(vectors_origin="RAD-DINO")),
                "vectors of 384 numbers a film that were made by RAD-DINO."),
    "column": (lambda p: p["about"].update(splits=Splits(column="fold")), "column fold calls test"),
}  # fmt: skip
UNLESS = {"polarity": ("vectors", "no crop"), "opened": ("no hold-out",), "column": ("no hold-out",)}


def run_with(parent: Path, task: str, options: set[str]) -> RunStore:
    """A run with these options."""
    pieces: Pieces = {
        "held": True, "groups": False, "lacking": 0, "reasons": {"rejected": {}, "left out": {}}, "copies": 0,
        "recipe": PixelRecipe(), "opened": False, "budget": {}, "origin": "", "own": {}, "about": {},
        "domains": {"depth": Domain(low=2, high=4, step=1)},
    }  # fmt: skip
    for name in OPTIONS:
        if name in options:
            OPTIONS[name][0](pieces)
    first, *others = mixed(task)
    run = run_folder(
        parent,
        trials=[replace(first, origin=pieces["origin"]), *others],
        task=task,
        provenance=pieces["about"],
        domains=pieces["domains"],
        holdout=[opened_ways(task, 3)] if pieces["opened"] else (),
        **pieces["own"],
    )
    films = run.films()
    changed: dict[str, Any] = {}
    if pieces["groups"]:
        changed["groups"] = np.array([f"patient {n % 4}-{n // 8}" for n in range(len(films.ids))])  # as folds are
    else:
        changed["groups"] = np.array([f"film {n}" for n in range(len(films.ids))])
    if not pieces["held"]:
        changed["assignment"] = np.where(films.assignment < 0, 0, films.assignment).astype(np.int8)
    values = films.labels[task].copy()
    values[: pieces["lacking"]] = np.nan
    run = with_films(run, labels={**films.labels, task: values}, **changed)
    out = sum(many for of in pieces["reasons"].values() for many in of.values())
    count = len(films.ids)
    save_collected(run.path, Collected("NIH", count + out, count, pieces["reasons"], pieces["copies"],
                                       pieces["recipe"].record()))  # fmt: skip
    if pieces["budget"]:
        run.save_budget(pieces["budget"])
    return run


@pytest.mark.parametrize("case", range(16))
@pytest.mark.parametrize("task", TASKS)
def test_a_sentence_stands_there_where_it_is_true_and_only_there(case: int, task: str, tmp_path: Path) -> None:
    """Sixteen draws of the options, a half of them each; in the first there is none, in the second all are."""
    drawn = random.Random(case).sample(list(OPTIONS), len(OPTIONS) // 2)
    options = set() if case == 0 else set(OPTIONS) if case == 1 else set(drawn)
    said = said_of(run_with(tmp_path, task, options))
    for name, (_, sentence) in OPTIONS.items():
        if sentence and not options & set(UNLESS.get(name, ())):
            assert (sentence in said) == (name in options), (name, said)
    on = options.__contains__
    assert ("cropped" in said) == (not on("no crop") and not on("vectors"))
    assert ("Patients are not known" in said) == (not on("patients"))
    assert ("were held out" in said) == (not on("no hold-out"))
    assert ("has not been looked at" in said) == (not on("no hold-out") and not on("opened"))
    assert ("Augmentation:" in said) == on("augmentation")
    assert ("All 12 films that it lists were prepared." in said) == (not on("rejected"))
    assert ("32 × 32 pixels" in said.partition("Statistics:")[2]) == (not on("vectors"))
    assert not re.search(r"\bnan\b|None|\{|\}|  |\.\.(?!\d)|Mapping", said), said


def test_the_search_in_numbers(tmp_path: Path) -> None:
    results = [
        *(trial(n, scores("age", 9.0 + n, 9.5, 10.0)) for n in range(4)),
        trial(4, scores("age", 12.0, 11.0), "pruned"),
        trial(5, [], "failed", error="MemoryError"),
        infeasible(6, "too large"),
        trial(7, [], "duplicate"),
        replace(trial(8, scores("age", 12.0), "pruned"), max_epochs=1),
    ]
    origins = ["first", "portfolio", "portfolio", "", "untried"]
    results[:5] = [replace(result, origin=origin) for result, origin in zip(results[:5], origins, strict=True)]
    run = run_folder(
        tmp_path, trials=results, provenance={"versions": {"optuna": "5.0.0", "keras": "3.15.1"}}, seed=7
    )
    run.unfinished.save(asked(9, {"depth": 3}))
    for at in range(2):
        note_command(run.path, f"python cli.py search --task age --seed {at}")
    run.save_budget({"trials": 20, "seconds": None, "stop_at_noise": True, "workers": 3})
    said = dict(paragraphs(group_of(run)))
    assert said["Search"].startswith(
        "The search space cnn had 3 parameters, of which 0 could vary. Configurations were proposed by the "
        "tree-structured Parzen estimator (Bergstra et al. 2011) of Optuna 5.0.0 (Akiba et al. 2019; seed 7). 3 "
        "configurations that the space brings along were tried first. 9 trials were begun: 4 trained to the end, 2 "
        "stopped early, 1 failed, 1 too large to be trained and 1 not over. 1 of them was of a smaller budget, one "
        "fold for fewer epochs. 1 proposal repeated an earlier configuration and was not trained again. Trials were "
        "stopped early by a race"
    )
    assert said["Search"].endswith(
        "Trials were ranked by the least MAE (mean absolute error), the mean over folds. The budget of the last of 2 "
        "calls was 20 trials. It was to end when 20 trials had gained no more than the error of a score."
    )
    assert said["Training"].startswith(
        "A trial was trained for 4 epochs on each of the 3 folds, with Keras 3.15.1 on "
    )
    assert "by 3 workers" in said["Software and hardware"] and "optuna 5.0.0" in said["Software and hardware"]
    assert "elsewhere" not in said["Search"]


@pytest.mark.parametrize("task", TASKS)
def test_the_correction_and_the_final(task: str, tmp_path: Path) -> None:
    """Their numbers are those that the page shows."""
    run = predicted_run(tmp_path, task, [0.5, 0.8, 1.2, 2.0], pruned={2: 2, 3: 1})
    before, choice = said_of(run), group_of(run).choice
    assert choice and f"The best of {choice.among} trials" in before
    assert f"{choice.partial} of these trials took part with the folds that they had finished." in before
    assert f"The choice was scored on {choice.scored} of {choice.folds} folds" in before
    assert "further seed" not in before and "The best configuration, trial 0," in before
    hold_final(run, {0: [0.9, 0.9], 1: [0.3, 0.3]})
    after = said_of(RunStore.open(run.path))
    assert (
        "After the search 2 trials that could not be told from the best were trained on the same folds with 2 "
        "further seeds (11 and 12). The mean over all its seeds" in after
    )
    assert "The best configuration, trial 1," in after
    save_final(run.path, Final((0,), (11, 12, 13)))
    assert (
        "1 trial that was the best was to be trained with 3 further seeds (11, 12 and 13); 6 of 9 folds are over."
        in said_of(RunStore.open(run.path))
    )


def test_without_a_complete_trial_nothing_is_chosen_or_judged(tmp_path: Path) -> None:
    for name, results in {"none": [], "failed": [trial(0, [], "failed", error="x")]}.items():
        said = dict(paragraphs(group_of(run_folder(tmp_path, name, trials=results))))
        assert not {"Final model", "Statistics"} & said.keys()
        assert ("No trial was begun." in said["Search"]) == (not results)


def test_one_trial_was_not_picked(tmp_path: Path) -> None:
    assert "luckiest" not in said_of(predicted_run(tmp_path, next(iter(TASKS)), [0.5]))


def test_an_ablation_is_told_of_once_something_is_trained(tmp_path: Path) -> None:
    run = predicted_run(tmp_path, "age", [0.5], provenance={"domains": AUGMENTED})
    save_arms(run.path, 0, [Arm("as found", "", "a", {}), Arm("all off", "", "b", {})])
    assert "anew" not in said_of(run)
    films = run.films()
    for repeat in range(2):
        score = run.trials()[0].folds[0]
        predicted = np.where(films.assignment[0] == 0, 1.0, np.nan).astype(np.float32)
        save_part(run.path, ArmPart(configuration="a", repeat=repeat, seed=1, fold=0, score=score), predicted)
    assert "Trial 0 was trained anew with and without augmentation, on 2 draws of folds and seed" in said_of(run)


def test_that_patients_are_kept_together_is_looked_at_and_not_believed(tmp_path: Path) -> None:
    run = run_folder(tmp_path)
    apart = with_films(run, groups=np.array([f"patient {n // 2}" for n in range(12)]))
    assert "of 6 patients" in said_of(apart) and "in one split" not in said_of(apart)
    some = np.array([f"patient {n % 4}" if n < 8 else f"film {n}" for n in range(12)])
    assert "All films of a patient, where the patient is known, are in one split." in said_of(
        with_films(apart, groups=some)
    )


def test_a_given_division_and_a_stress_test(tmp_path: Path) -> None:
    notes = ("films of val are dealt to folds with those of train",)
    run = run_folder(tmp_path, "given", provenance={"splits": Splits(column="part", seed=3), "split_notes": notes})
    assignment = run.films().assignment.copy()
    assignment[0, :2] = UNUSED
    said = dict(paragraphs(group_of(with_films(run, assignment=assignment))))
    assert "2 more were not used, as the given division says." in said["Data"]
    assert "Films of val are dealt to folds with those of train. The splits were drawn with seed 3." in said["Splits"]
    assert "stratified by" in said["Splits"]
    for held in (0.15, 0.0):
        stress = run_folder(tmp_path, f"s{held}", provenance={"splits": Splits(stress="id-blocks", holdout=held)})
        if not held:
            stress = with_films(stress, assignment=np.abs(stress.films().assignment))
        text = dict(paragraphs(group_of(stress)))["Splits"]
        assert "each of which is a block of neighbouring ids (a stress test)." in text and "stratified" not in text
        assert ("drawn with seed" in text) == bool(held)


def test_repeats_are_no_more_films(tmp_path: Path) -> None:
    run = predicted_run(tmp_path, "age", [0.5, 0.9], repeats=2)
    said = dict(paragraphs(group_of(run)))
    of = run.films().development().sum()
    assert f"The other {of} films" in said["Splits"] and "3 folds, dealt 2 times" in said["Splits"]
    assert "on each of the 3 folds in each of 2 repeats" in said["Training"]


def test_preprocessing_of_another_version_is_not_told(tmp_path: Path) -> None:
    run = run_folder(tmp_path)
    assert "padded" not in said_of(run), "of a run that kept nothing"
    record = {**PixelRecipe().record(), "version": 0}
    save_collected(run.path, Collected("NIH", 12, 12, {}, 0, record))
    assert "padded" not in said_of(run) and "32 × 32 pixels, of 8 bits" in said_of(run)


def test_what_differs_between_runs_is_told_of_each(tmp_path: Path) -> None:
    """And what is alike once."""
    runs = [run_folder(tmp_path, f"run{n}", mixed("age"), seed=n // 2, pruner="race") for n in range(3)]
    said = dict(paragraphs(group_of(*runs)))
    assert said["Training"].count("A trial was trained") == 1 and "run0" not in said["Training"]
    assert said["Search"].startswith("In run0 and run1: The search space")
    assert "seed 0)" in said["Search"] and " In run2: The search space" in said["Search"]
    assert "The best configuration, trial 3 of run0" in said["Final model"]


def test_the_section_is_markup_of_that_text(tmp_path: Path) -> None:
    run = run_folder(tmp_path, "run", mixed("age"), data="a<b>&c", provenance={"fork_of": "<script>"})
    table = load("methods").data(group_of(run))
    (panel,) = load("methods").show(table)
    assert balanced(f"<footer>{panel}") and "<script>" not in panel and "&lt;script&gt;" in panel
    assert list(table.itertuples(index=False, name=None)) == paragraphs(group_of(run))


def test_the_space_is_told_parameter_by_parameter(tmp_path: Path) -> None:
    domains = {
        "depth": Domain(low=2, high=5, step=1),
        "units": Domain(low=8, high=64, step=8),
        "learning_rate": Domain(low=0.0002, high=0.01, log=True),
        "kernel": Domain(options=(3, 5)),
        "residual": Domain(options=(True,)),
        "dropout": Domain(low=0.1, high=0.1),
    }
    said = dict(paragraphs(group_of(run_folder(tmp_path, domains=domains))))
    assert said["Search space"] == (
        "depth 2 to 5; units 8 to 64 in steps of 8; learning rate 0.0002 to 0.01 (logarithmic); kernel 3 or 5; "
        "residual always true; dropout always 0.1."
    )
    assert "had 6 parameters, of which 4 could vary." in said["Search"]


def test_what_is_cited_is_listed_and_nothing_else(tmp_path: Path) -> None:
    """Wherever a name has a year after it in a source, there is a work."""
    named = set[str]()
    for file in Path(search.__file__).parent.glob("*.py"):
        if file.stem != "references":
            named |= set(re.findall(r"[A-Z]\w+(?: et al\.| & [A-Z]\w+)? (?:19|20)\d\d\b", file.read_text()))
    assert named - {"CLAIM 2024"} == set(REFERENCES)
    said = dict(paragraphs(group_of(run_folder(tmp_path, trials=mixed("age"), sampler="random", pruner="median"))))
    listed = said["References"]
    assert listed.count(". doi:") == 2 and "Akiba T" in listed and "Golovin D" in listed and "Bergstra" not in listed
    assert list(said)[-1] == "References"


def test_a_word_without_end_is_cut(tmp_path: Path) -> None:
    said = said_of(run_folder(tmp_path, provenance={"device": "x" * 10_000, "fork_of": "y" * (LONGEST - 1)}))
    assert f"on {'x' * (LONGEST - 1)}…" in said and "y" * (LONGEST - 1) in said


def test_every_sampler_and_pruner_has_words(tmp_path: Path) -> None:
    """One that is new is called by its name until it has some."""
    assert set(search.PRUNERS) == set(PRUNERS) - {"none"}
    assert set(search.SAMPLERS) == {name for runner in runner_names() for name in load_runner(runner).SAMPLERS}
    run = run_folder(tmp_path, trials=mixed("age"), sampler="new", pruner="other", runner="elsewhere")
    assert "proposed by new (seed 0)" in said_of(run) and "stopped early by other." in said_of(run)


def test_it_is_a_file_of_markdown_or_of_text(tmp_path: Path) -> None:
    """The sentences of the page, of every group, in which no text is markup."""
    groups = [group_of(run_folder(tmp_path, task, mixed(task), task=task, data="*a*_[b](c)")) for task in TASKS]
    plain, marked = methods(groups, markdown=False), methods(groups, markdown=True)
    for group in groups:
        for subject, said in paragraphs(group):
            assert f"\n\n{subject}. {said}\n" in plain and f"\n\n**{subject}.** {escaped(said)}\n" in marked
    assert "*a*_[b](c)" in plain and escaped("*a*_[b](c)") in marked and "*a*_[b](c)" not in marked
    assert plain.count("\n\nData. ") == marked.count("\n\n## ") == len(groups)


def test_the_command_writes_it_with_the_page(tmp_path: Path) -> None:
    predicted_run(tmp_path / "runs", next(iter(TASKS)), [0.5])
    done = called("report", "--runs", "runs", "--out", "r.html", "--methods", "paper/m.md", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["report: r.html", "paper:  paper/m.md"]
    assert (tmp_path / "paper/m.md").read_text().startswith("# Methods, written from run folders")
    Order(methods=tmp_path / "paper/m.md").check()  # its own file may be written anew


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--methods", "m.docx"], "--methods m.md"),
        (["--methods", "m"], "a .md or .txt file"),
        (["--methods", "mine.md"], "`report` has not made it"),
        (["--watch", "--methods", "m.md"], "report without --watch"),
    ],
)
def test_what_cannot_be_written_is_refused(given: list[str], said: str, tmp_path: Path) -> None:
    (tmp_path / "mine.md").write_text("a thesis")
    done = called("report", *given, cwd=tmp_path)
    assert done.returncode == 2 and said in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["mine.md"]


def test_a_pruner_that_stopped_nothing_is_not_said_to_have(tmp_path: Path) -> None:
    assert "Trials were to be stopped early by a race" in said_of(run_folder(tmp_path, "one", [trial(0, [9.0] * 3)]))
    assert "Trials were stopped early by a race" in said_of(run_folder(tmp_path, "two", mixed("age")))
