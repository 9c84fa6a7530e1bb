"""A label is a row, and so is a task on it: two that nobody has thought of go the whole way, from label files over
folds, a search, its report, an export and its answers to an explanation, where there is no age and no gender."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from cli_process import run
from complete_runs import complete_run
from more_labels import HEART, MORE, VIEW, add, put_in_place
from pages import words

from reports._page.build import build_report
from runners._commands.prepare import PrepareOptions, next_search, prepare
from runners._commands.search import search
from runners._commands.spaces import SpacesOptions, describe
from runners._search.options import SearchOptions
from trials.explained import in_words
from trials.store import RunStore
from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.folds import make_plan
from xrays.labels import LABELS
from xrays.tasks import TASKS, task_named

ROOT = Path(__file__).parents[1]
FILMS, PATIENTS = 48, 32
MODEL, FILM = "model.h5", "films/train/000000.png"
AT_LAST = ([["explain", "mine"]], [["predict", MODEL, FILM], ["explain", MODEL, FILM, "--out", "explained"]])
OF_OTHERS = re.compile(r"\b(ages?|aged|genders?|years?|female|male|young|younger|old|older|wom[ae]n|m[ae]n)\b", re.I)


def films_with(folder: Path, names: tuple[str, ...] = tuple(MORE)) -> Path:
    """The SPR layout with the label files of these names: the heart is as wide as it is said to be, and the ground is
    bright where the beam came from the front."""
    rng = np.random.default_rng(5)
    (folder / "train").mkdir(parents=True)
    patients = np.concatenate([np.arange(PATIENTS), rng.integers(0, PATIENTS, FILMS - PATIENTS)])
    cells: dict[str, list[str]] = {"view_position": [], "heart_width": []}
    for film in range(FILMS):
        width, front = int(rng.integers(90, 180)), int(rng.integers(0, 2))
        picture = np.full((48, 48), 70 + 60 * front, np.uint8) + rng.integers(0, 20, (48, 48)).astype(np.uint8)
        cv2.circle(picture, (24, 24), width // 10, 220, -1)
        cv2.imwrite(str(folder / "train" / f"{film:06d}.png"), picture)
        cells["view_position"].append("" if film == 3 else str(front))
        cells["heart_width"].append("" if film == 5 else f"{width}.0")
    for name in names:
        lines = [f"imageId,{name}", *(f"{film},{cell}" for film, cell in enumerate(cells[name]))]
        (folder / f"train_{name}.csv").write_text("\n".join(lines) + "\n")
    lines = ["imageId,patient", *(f"{film},{patient}" for film, patient in enumerate(patients))]
    (folder / "train_patient.csv").write_text("\n".join(lines) + "\n")
    return folder


def prepared_in(folder: Path) -> tuple[XrayArrays, list[str]]:
    """The films at 32 px, and what the user was told."""
    said: list[str] = []
    (out,) = prepare(PrepareOptions(str(films_with(folder / "films")), folder / "data", sizes=(32,)), say=said.append)
    return XrayArrays.open(out), said


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[XrayArrays, list[str]]]:
    """The two labels and their tasks are all that there is."""
    put_in_place(monkeypatch)
    yield prepared_in(tmp_path)


class TestFilms:
    def test_label_files_are_read_by_their_rows(self, alone: tuple[XrayArrays, list[str]]) -> None:
        arrays, _ = alone
        assert set(arrays.labels) == {"view_position", "heart_width"}
        assert np.flatnonzero(np.isnan(arrays.targets(VIEW))).tolist() == [3]
        assert np.flatnonzero(np.isnan(arrays.targets(HEART))).tolist() == [5]
        kept = pd.read_csv(arrays.path / "films.csv")
        assert list(kept) == ["imageId", *LABELS, "group"] and kept.view_position[3] == -1
        assert next_search(arrays.path).startswith(f"python cli.py search --task {next(iter(TASKS))} ")

    @pytest.mark.parametrize(("name", "text", "reason"), [
        ("heart_width", "wide", "heart_width 'wide' is no number"),
        ("heart_width", "900", "heart_width 900 is outside 50–250"),
        ("view_position", "L", "view_position 'L' is neither 0 (PA) nor 1 (AP)"),
    ])  # fmt: skip
    def test_what_cannot_be_is_told(
        self, name: str, text: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put_in_place(monkeypatch)
        file = films_with(tmp_path / "films") / f"train_{name}.csv"
        lines = file.read_text().splitlines()
        file.write_text("\n".join([*lines[:-1], f"{FILMS - 1},{text}"]) + "\n")
        (out,) = prepare(
            PrepareOptions(str(tmp_path / "films"), tmp_path / "data", sizes=(32,)), say=lambda line: None
        )
        assert pd.read_csv(out / "rejected.csv").reason.tolist() == [reason]

    def test_folds_hold_both_classes_and_every_band(self, alone: tuple[XrayArrays, list[str]]) -> None:
        arrays, _ = alone
        plan = make_plan(arrays, folds=3)
        view, heart = arrays.targets(VIEW), arrays.targets(HEART)
        for fold in range(3):
            mine = plan.fold(fold)
            assert abs(np.nanmean(view[mine]) - np.nanmean(view[plan.development()])) < 0.1
            assert abs(np.nanmean(heart[mine]) - np.nanmean(heart[plan.development()])) < 8

    def test_a_collection_need_not_have_every_label(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        add(monkeypatch)
        arrays, _ = prepared_in(tmp_path)
        assert set(arrays.labels) == {"view_position", "heart_width"}, "no age and no gender, as their files are not"
        without = [task for task in TASKS if TASKS[task].label.name not in arrays.labels]
        assert without
        for task in without:
            with pytest.raises(UserError) as caught:
                search(SearchOptions(task, arrays.path, 1, runs=tmp_path / "runs"), say=str)
            assert f"--task {task}: fold 0" in caught.value.given and " 0 " in f" {caught.value.given} "
            assert caught.value.remedy.startswith("python cli.py search --task view_position ")

    def test_what_a_search_costs_is_told_without_films(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        put_in_place(monkeypatch)
        assert next(describe(SpacesOptions("cnn", "heart_width", None, tmp_path / "nothing"))).startswith("cnn: ")


@pytest.mark.parametrize("task", MORE.values(), ids=MORE)
def test_a_run_its_page_and_its_words(
    task: object, alone: tuple[XrayArrays, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, (arrays, _) = task_named(task.name), alone  # type: ignore[attr-defined]
    store = complete_run(tmp_path / "runs", "mine", arrays, monkeypatch, own.name)
    films = RunStore.open(store.path).films()
    for name, values in arrays.labels.items():
        np.testing.assert_array_equal(films.labels[name], values)
    assert films.hold_out_fingerprint() == store.films().hold_out_fingerprint()
    page = words(build_report([store], tmp_path / "report.html"))
    assert not OF_OTHERS.findall(page.replace("mine-older", "")), "but in the name of the search that it learnt from"
    assert ("AP" in page and "PA" in page) if own.kind == "binary" else "mm" in page
    assert in_words(own, 0.03) == ("PA, probability 0.97" if own.kind == "binary" else "0.0 mm (below 50: no answer)")


def test_what_is_put_in_place_leaves_no_trace() -> None:
    """The order of tasks is that of help texts and pages."""
    before = list(LABELS), list(TASKS)
    with pytest.MonkeyPatch.context() as monkeypatch:
        put_in_place(monkeypatch)
        assert set(TASKS) == set(MORE)
    assert (list(LABELS), list(TASKS)) == before


def test_tasks_are_listed_as_they_are(alone: tuple[XrayArrays, list[str]], tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        search(SearchOptions("age", alone[0].path, 1, runs=tmp_path / "runs"), say=str)
    assert caught.value.accepted == " or ".join(TASKS) and f"--task {next(iter(TASKS))}" in caught.value.remedy


ROWS = """
import sys
from math import inf
sys.path.insert(0, {root!r})
from xrays.labels import LABELS, Label
from xrays.tasks import TASKS, Task
LABELS.clear(), TASKS.clear()
for task in {tasks!r}:
    LABELS[task.name], TASKS[task.name] = task.label, task
"""


@pytest.mark.long
@pytest.mark.parametrize(("task", "at_last"), list(zip(MORE, AT_LAST, strict=True)), ids=MORE)
def test_the_whole_way_in_processes_of_its_own(task: str, at_last: list[list[str]], tmp_path: Path) -> None:
    """Nothing is fake: every process that is started, the workers too, finds the two rows in its tables. Of one task
    a run is explained, of the other a model, which is asked before."""
    (tmp_path / "rows").mkdir()
    (tmp_path / "rows" / "sitecustomize.py").write_text(ROWS.format(root=str(ROOT), tasks=tuple(MORE.values())))
    films_with(tmp_path / "films")
    small = ["--trials", "1", "--folds", "2", "--epochs", "2", "--set", "filters=8", "--fix", "depth=2"]
    answers = {}
    for words_ in (
        ["prepare", "films", "--size", "32"],
        [
            "search",
            "--task",
            task,
            *small,
            "--workers",
            "1",
            "--no-ablation",
            "--finalists",
            "0",
            "--keep-weights",
            "none",
            "--name",
            "mine",
        ],
        ["export", "--task", task, "--out", MODEL],
        *at_last,
    ):
        done = run(*words_, cwd=tmp_path, PYTHONPATH=str(tmp_path / "rows"))
        assert done.returncode == 0, f"{words_}: {done.stdout}{done.stderr}"
        assert not done.stderr, "no greetings from libraries"
        assert not OF_OTHERS.findall(done.stdout), done.stdout
        answers[words_[0]] = done.stdout
    own = MORE[task]
    card = json.loads((tmp_path / MODEL).with_suffix(".json").read_text())
    assert card["task"] == task and card["class_names"] == list(own.class_names)
    assert card["output"] == ("mm" if own.kind == "regression" else "probability of AP")
    assert set(card["cross_validation"]) >= set(own.metrics) and card["hold_out"]["openings"] == 1
    assert "predict" not in answers or (" mm" if own.kind == "regression" else "probability") in answers["predict"]
    assert "the same predictions" in answers["export"]
    page = words(tmp_path / "runs" / "report.html")
    assert not OF_OTHERS.findall(page)
