"""Every way to a model, from the command line: one file that answers as the report says, and its card."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import warm as warm_processes
from cli_process import called

from runners._models.ways import Ways
from trials.final import standings
from trials.networks import FOLDER, FoldNetwork, kept_networks
from trials.records import ranked, unbeaten
from trials.store import RunStore
from xrays.assignment import in_hold_out
from xrays.prepare import prepare
from xrays.sources._folder import read_folder
from xrays.tasks import TASKS

pytestmark = pytest.mark.long

# What has nothing to do with what is predicted; everything else of every task.
of_one_task = pytest.mark.parametrize("searched", list(TASKS)[:1], indirect=True)

SMALL = ("--folds", 2, "--epochs", 2, "--no-ablation", "--pruner", "none", "--workers", 1, "--fix", "filters=8")
SMALLER = ("--fix", "depth=2", "--fix", "stem=plain", "--precision", "float32", "--no-portfolio")


@pytest.fixture(scope="module", params=TASKS)
def searched(request: pytest.FixtureRequest, films_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a search of four trials was made, two of them with another two seeds."""
    place = tmp_path_factory.mktemp(f"ways-{request.param}")
    prepare(read_folder(films_folder), place / "data" / "own", size=16)
    with warm_processes.starts():
        search = called("search", "--task", request.param, "--trials", 4, *SMALL, *SMALLER, "--finalists", 2,
                        "--keep-weights", "best:2", "--name", "mine", cwd=place)  # fmt: skip
    assert search.returncode == 0, search.stderr
    return place


def exported(place: Path, *options: object) -> tuple[str, dict[str, Any]]:
    store = RunStore.open(place / "runs" / "mine")
    with warm_processes.starts():
        done = called("export", "--task", store.experiment.task, *options, "--out", "model.h5", cwd=place)
    assert done.returncode == 0 and "the same predictions" in done.stdout, done.stdout + done.stderr
    pages = [(place / f"model.{kind}").read_text() for kind in ("md", "html")]
    assert all("Model card: " in page for page in pages) and "card:    model.html" in done.stdout
    return done.stdout, json.loads((place / "model.json").read_text())


def forget(store: RunStore, trial: int) -> None:
    """Its networks, which an ensemble may need, or have needed."""
    for network in kept_networks(store.path):
        if network.trial == trial:
            (store.path / FOLDER / network.file).unlink()


def test_networks_of_the_best_are_kept(searched: Path) -> None:
    store = RunStore.open(searched / "runs" / "mine")
    kept, ways = kept_networks(store.path), Ways(standings([store])[0])
    members = {member.trial.number for way in (ways.ensemble(2), ways.best(2)) for member in way.members}
    best = {one.result.number for one in standings([store])[:2]}
    assert {network.trial for network in kept} == best | members
    assert {network.fold for network in kept} == {0, 1}


def test_one_network_beside_what_can_be_had_without_training(searched: Path) -> None:
    said, card = exported(searched)
    ways = [row["way"] for row in card["hold_out"]["ways"]]
    assert card["way"]["name"] == "refit" == ways[0] and "folds" in ways
    for row in card["hold_out"]["ways"]:
        assert row["way"] in said and row["networks"] >= 1 and row["bytes"] > 1000 and row["ms_per_film"] > 0
        assert (row["difference"] is None) == (row["way"] == "refit")


def test_the_networks_of_the_folds_need_no_training_and_answer_as_one(searched: Path) -> None:
    said, card = exported(searched, "--folds")
    assert "refit " not in said and "trained again" not in said
    (member,) = card["way"]["members"]
    assert (member["share"], member["networks"]) == (1.0, 2)
    by_way = {row["way"]: row for row in card["hold_out"]["ways"]}
    assert by_way["folds"]["networks"] == 2 and by_way["folds"]["metrics"] == card["hold_out"]["metrics"]


def test_an_ensemble_is_one_file_with_shares_in_its_card(searched: Path) -> None:
    said, card = exported(searched, "--ensemble", 2, "--folds")
    members = card["way"]["members"]
    assert len(members) <= 2 and sum(member["share"] for member in members) == pytest.approx(1)
    assert "on patients that played no part in choosing it" in said
    page = (searched / "runs" / "report.html").read_text()
    assert "Ways to a model" in page and card["way"]["name"] in page
    task = card["task"]
    if TASKS[task].kind == "binary":
        assert card["calibration"]["kind"] in ("none", "temperature", "isotonic")
        assert 0 <= card["hold_out"]["calibration_error"] <= 1
    else:
        assert card["around"]["level"] == 0.9 and card["around"]["quantile"] > 0
        assert 0 <= card["hold_out"]["coverage"] <= 1
    done = called("explain", "model.h5", cwd=searched)
    assert done.returncode == 2 and "networks in one" in done.stderr and "explain mine" in done.stderr, "no map of it"


@of_one_task
def test_members_are_refitted_side_by_side_and_each_is_told(searched: Path) -> None:
    said, card = exported(searched, "--ensemble", 2)
    told = [line for line in said.splitlines() if line.startswith("refit of trial")]
    assert len(told) == len(card["way"]["members"]) and said.count("refit    on all folds together") == 1
    assert card["hold_out"]["ways"][0]["networks"] == len(told)


@of_one_task
def test_further_formats_lie_beside_it_and_go_with_it(searched: Path) -> None:
    """They are in the card with what they were compared by; a model without them leaves none of an older one."""
    said, card = exported(searched, "--folds", "--formats", "savedmodel,keras")
    places = {row["name"]: searched / row["file"] for row in card["formats"]}
    assert list(places) == ["savedmodel", "keras"] and all(place.exists() for place in places.values())
    for row in card["formats"]:
        assert row["batches"] == [1, 64] and row["largest_difference"] < 1e-3 and row["bytes"] > 1000
        assert f"format   {row['name']}, asked in a fresh process" in said and f"model:   {row['file']}" in said
        for name, digest in row["sha256"].items():
            assert hashlib.sha256((searched / name).read_bytes()).hexdigest() == digest
    said, card = exported(searched, "--folds", "--formats", "keras")
    assert places["keras"].exists() and not places["savedmodel"].exists()
    assert f"removed  {places['savedmodel'].name}" in said and len(card["formats"]) == 1
    places["keras"].write_bytes(b"of somebody else")
    task = card["task"]
    refused = called("export", "--task", task, "--formats", "keras", "--out", "model.h5", cwd=searched)
    assert refused.returncode == 2 and f"{places['keras'].name} is there" in refused.stderr
    places["keras"].unlink()


def test_what_is_found_without_the_border_stands_in_the_card(searched: Path) -> None:
    borders_are_told(searched, kept=True)


@of_one_task
def test_what_is_found_without_the_border_by_a_network_that_was_not_kept(searched: Path) -> None:
    borders_are_told(searched, kept=False)


def borders_are_told(searched: Path, kept: bool) -> None:
    """By `explain` and, as it said, in the card; of the best trial, or of one whose networks were not kept."""
    store = RunStore.open(searched / "runs" / "mine")
    number = ranked(store.trials(), TASKS[store.experiment.task])[0 if kept else -1][1].number
    if not kept:
        forget(store, number)
    with warm_processes.starts():
        done = called("explain", "mine", "--trial", number, cwd=searched)
    assert done.returncode == 0, done.stderr
    assert f"altered  {'2 networks of folds' if kept else 'the network of one fold'}, " in done.stdout
    assert "predictions are those of the search" in done.stdout
    assert ("fold 0 is trained again" in done.stdout) == (not kept)
    _, card = exported(searched, "--trial", number, "--folds")
    assert (card["border"]["trial"], card["border"]["folds"]) == (number, [0, 1] if kept else [0])
    objective = TASKS[store.experiment.task].objective
    plain, without, *_ = card["border"]["rows"]
    lost = abs(plain["scores"][objective] - without["scores"][objective])
    assert abs(without["lost"][objective]["value"]) == pytest.approx(lost)
    assert all(sentence in done.stdout for sentence in card["border"]["said"].values())


@of_one_task
def test_folds_that_were_not_kept_are_trained_again_as_they_were(searched: Path) -> None:
    store = RunStore.open(searched / "runs" / "mine")
    task = TASKS[store.experiment.task]
    lacking = ranked(store.trials(), task)[-1][1].number
    forget(store, lacking)
    said, card = exported(searched, "--folds", "--trial", lacking)
    assert f"2 of trial {lacking}, seed 0, were not kept and are trained again" in said
    assert card["trial"] == lacking and lacking in {network.trial for network in kept_networks(store.path)}
    ahead = unbeaten(card["way"]["score"], store.baselines(), task)
    assert said.count(f"trial {lacking} is not better than the baseline") == len(ahead) > 0
    assert "no trial is better" not in said, "that follows from the best alone"


@of_one_task
def test_a_damaged_network_is_told_and_trained_again(searched: Path) -> None:
    store = RunStore.open(searched / "runs" / "mine")
    best = next(iter(standings([store]))).result.number
    file = store.path / FOLDER / FoldNetwork(best, store.experiment.seed, 1).file
    whole = file.read_bytes()
    file.write_bytes(whole[:200])
    said, card = exported(searched, "--folds")
    assert said.count(f"{file.name} cannot be used") == 1 and f"1 of trial {best}, seed 0, were not kept" in said
    arrays, again = (dict(np.load(io.BytesIO(content))) for content in (whole, file.read_bytes()))
    assert all(np.array_equal(arrays[name], again[name]) for name in arrays), "as it was trained"
    assert card["way"]["name"] == "folds"


def test_with_the_hold_out_trained_on_no_score_is_claimed(searched: Path) -> None:
    store = RunStore.open(searched / "runs" / "mine")
    before = len(store.openings())
    said, card = exported(searched, "--include-holdout")
    assert "--include-holdout" in card["hold_out"]["reason"] and card["hold_out"]["metrics"] == {}
    assert "CAUTION  the hold-out will not be opened" in said and len(store.openings()) == before
    films = store.films()
    labelled = np.isfinite(films.targets(TASKS[store.experiment.task]))
    assert card["hold_out"]["seen"]["trained"] >= int((in_hold_out(films.assignment) & labelled).sum())


@of_one_task
@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--folds", "--include-holdout"), "--include-holdout with --folds"),
        (("--ensemble", 1), "--ensemble 1"),
        (("--ensemble", 3, "--trial", 0), "--trial with --ensemble"),
        (("--trial", 99), "--trial 99: no such trial was trained on all folds"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_trained(
    searched: Path, options: tuple[object, ...], told: str
) -> None:
    task = RunStore.open(searched / "runs" / "mine").experiment.task
    done = called("export", "--task", task, *options, "--out", "other.h5", cwd=searched)
    assert done.returncode == 2 and told in done.stderr and not (searched / "other.h5").exists()
