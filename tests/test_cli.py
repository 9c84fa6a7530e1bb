"""The command line as a stranger meets it: mistakes cost exit code 2 and a line that says what to type next."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path

import cv2
import h5py
import jsonschema
import numpy as np
import pytest
from cli_process import called, run
from complete_runs import kinds
from test_damage import KINDS

from reports._page.schema import schema
from runners._race.pruners import PRUNERS
from runners.optuna import SAMPLERS
from search_spaces import space_names
from trials.explained import in_words
from xrays.sources import sample
from xrays.tasks import TASKS

FAST = ["--trials", "2", "--folds", "2", "--epochs", "2", "--fix", "depth=2", "--fix", "filters=8"]


def search_data(prepared: object) -> Path:
    return prepared.path  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["prepare", "nowhere"], ["nowhere", "sample", "train_age.csv"]),
        (["prepare", "."], ["train", "prepare"]),
        (["prepare", "sample", "--size", "7"], ["--size 7", "16 to 1024"]),
        (["prepare", "sample", "--version", "3"], ["--version 3"]),
        (["search", "--task", "height"], ["--task height", " or ".join(TASKS)]),
        (["search", "--task", "age", "--data", "nowhere"], ["nowhere", "prepare"]),
        (["search", "--task", "age", "--data", "DATA", "--folds", "1"], ["--folds 1", "2 to 20"]),
        (["search", "--task", "age", "--data", "DATA", "--folds", "20"], ["--folds 20", "patients"]),
        (["search", "--task", "age", "--data", "DATA", "--sampler", "magic"], ["magic", *SAMPLERS]),
        (["search", "--task", "age", "--data", "DATA", "--pruner", "axe"], ["--pruner axe", " or ".join(PRUNERS)]),
        (["search", "--task", "age", "--data", "DATA", "--space", "vit"], ["vit", " or ".join(space_names())]),
        (["search", "--task", "age", "--data", "DATA", "--precision", "half"], ["auto or float32 or mixed"]),
        (["search", "--task", "age", "--data", "DATA", "--trials", "0"], ["--trials 0"]),
        (["search", "--task", "age", "--data", "DATA", "--timeout", "soon"], ["--timeout soon", "90m"]),
        (["search", "--task", "age", "--data", "DATA", "--fold-timeout", "-3"], ["--fold-timeout -3", "90m"]),
        (["search", "--task", "age", "--data", "DATA", "--runner", "grid"], ["10,000 points", "--fix"]),
        (["search", "--task", "age", "--data", "DATA", "--runner", "keras_tuner", "--sampler", "tpe"], ["hyperband"]),
        (["search", "--task", "age", "--data", "DATA", "--enqueue", "first.json"], ["first.json", "JSON"]),
        (["search", "--task", "age", "--data", "DATA", "--start-from", "other"], ["other is no run"]),
        (["search", "--task", "age", "--data", "DATA", "--workers", "-1"], ["--workers -1"]),
        (["search", "--task", "age", "--data", "DATA", "--runs", "/dev/null"], ["/dev/null", "--runs"]),
        (["search", "--task", "age", "--data", "DATA", "--max-params", "-1"], ["a number from 0", "0: any size"]),
        (["ablate", "nothing", "--workers", "-1"], ["--workers -1", "ablate nothing --workers 1"]),
        (["prepare", "sample", "--out", "/dev/null/films"], ["/dev/null"]),
        (["runs"], ["runs holds no run", "search"]),
        (["rerun", "nothing", "--trial", "0"], ["nothing is no run"]),
        (["replay", "nothing"], ["nothing is no run"]),
        (["dashboard", "nothing"], ["nothing is no run"]),
        (["report"], ["runs holds no run", "search"]),
        (["report", "nothing"], ["nothing is no run"]),
        (["export", "--task", "age"], ["runs holds no run", "search"]),
        (["export", "--task", "age", "--out", "model.keras"], ["model.keras", ".h5"]),
        (["predict", "model.h5", "film.png"], ["model.h5", "export"]),
    ],
)  # fmt: skip
def test_mistakes_are_told_without_a_traceback(words: list[str], said: list[str], prepared, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    words = [str(search_data(prepared)) if word == "DATA" else word for word in words]
    before = sorted(tmp_path.rglob("*"))
    done = called(*words, cwd=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert all(part in done.stderr for part in said), done.stderr
    assert "accepted:" in done.stderr and "next:" in done.stderr and "Traceback" not in done.stderr
    assert sorted(tmp_path.rglob("*")) == before, "nothing is left behind"


@pytest.mark.parametrize(
    ("words", "code"),
    [(["runs"], 2), (["search", "--task", "age", "--data", "DATA", "--runs", "/dev/null"], 2), (["runs", "--odd"], 2),
     (["spaces"], 0), (["--version"], 0), (["explain", "--help"], 0)],
)  # fmt: skip
def test_a_process_says_what_is_said_in_this_one(words: list[str], code: int, prepared, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """A refusal, one of the system, one of the parser's, and answers: most of what tests type is no process of its
    own."""
    words = [str(search_data(prepared)) if word == "DATA" else word for word in words]
    own, here = run(*words, cwd=tmp_path, COLUMNS="80"), called(*words, cwd=tmp_path, COLUMNS="80")
    assert (own.returncode, own.stdout, own.stderr) == (here.returncode, here.stdout, here.stderr)
    assert own.returncode == code and (own.stderr if code else own.stdout).strip()


def test_several_prepared_sets_are_listed(prepared, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "data").mkdir()
    for name in ("one", "two"):
        (tmp_path / "data" / name).symlink_to(search_data(prepared))
    done = called("search", "--task", "age", cwd=tmp_path)
    assert done.returncode == 2 and "data/one or data/two" in done.stderr
    assert "next:     the same command with --data data/one\n" in done.stderr
    done = called("audit", cwd=tmp_path)
    assert done.returncode == 2 and "next:     python cli.py audit data/one\n" in done.stderr


@pytest.mark.parametrize(
    ("task", "finalists"),
    [pytest.param("age", 0, marks=pytest.mark.long), pytest.param("gender", 2, marks=pytest.mark.slow)],
)
def test_the_main_job_from_films_to_predictions(
    task: str, finalists: int, films_folder: Path, tmp_path: Path, warm: None
) -> None:
    """Once with all that comes after a search. Each word in a process of its own: test_another_task.py."""
    prepared = called("prepare", films_folder, "--size", 24, "--out", "data/tiny", cwd=tmp_path)
    assert prepared.returncode == 0, prepared.stderr
    *_, audited, following = prepared.stdout.splitlines()
    assert audited.startswith("audit:") and following.startswith("next:")
    after = ["--finalists", finalists, *([] if finalists else ["--no-ablation"])]
    searched = called("search", "--task", task, *FAST, *after, "--precision", "float32", cwd=tmp_path)
    assert searched.returncode == 0, searched.stdout + searched.stderr
    for part in (
        "films",
        "folds",
        "device",
        "cost",
        "baseline constant",
        "best trials",
        "baseline linear probe: ",
        "runs/report.html",
        "export",
    ):
        assert part in searched.stdout
    ablated = any((tmp_path / "runs").glob("*/ablation.jsonl"))
    assert ablated == ("finalists: " in searched.stdout) == (finalists > 0)
    exported = called("export", "--task", task, cwd=tmp_path)
    assert exported.returncode == 0, exported.stdout + exported.stderr
    assert "the same predictions" in exported.stdout and "opened once" in exported.stdout
    assert not searched.stderr and not exported.stderr, "no greetings from libraries"
    card = json.loads((tmp_path / f"best_{task}.json").read_text())
    assert {"keras", "tf_keras", "tensorflow"} == set(card["file"]["opened_with"])
    held = any((tmp_path / "runs").glob("*/seeds.jsonl"))
    assert len(card["cross_validation"]["seeds"]) == (3 if held else 1) and card["seed"] == 0
    said = "A finalist: scores are means over 3 seeds of training; the model is trained with that of the search, 0."
    assert (said in card["cross_validation"]["note"]) == ("mean of 3 seeds" in exported.stdout) == held
    with h5py.File(tmp_path / f"best_{task}.h5") as file:
        assert "batch_input_shape" in file.attrs["model_config"], "not in the words of Keras 2"
    assert card["hold_out"]["openings"] == 1 and card["hold_out"]["films"] > 0 and not card["synthetic"]

    (folder,) = (tmp_path / "runs").glob("*/experiment.json")
    assert kinds(folder.parent).keys() <= set(KINDS), "each of them is damaged in test_damage.py"

    film = next(films_folder.rglob("*.png"))
    (tmp_path / "broken.png").write_bytes(b"no image")
    cv2.imwrite(str(tmp_path / "strip.png"), np.tile(np.linspace(100, 200, 60_000), (40, 1)).astype(np.uint8))
    predicted = called("predict", f"best_{task}.h5", "strip.png", film, "broken.png", cwd=tmp_path)
    assert predicted.returncode == 1
    strip, answer_line, broken = predicted.stdout.splitlines()
    assert re.fullmatch("strip.png +is 60,000 × 40 px: one side more than 10 times the other", strip)
    assert re.fullmatch("broken.png +cannot be decoded", broken)
    assert predicted.stderr == "1 of 3 films answered: 2 unreadable\n", "no greetings from libraries"

    # The printed answer is what plain Keras gets out of the file from pixels made by hand.
    grey = cv2.imread(str(film), cv2.IMREAD_GRAYSCALE)
    side = max(grey.shape)
    square = np.zeros((side, side), np.uint8)
    top, left = (side - grey.shape[0]) // 2, (side - grey.shape[1]) // 2
    square[top : top + grey.shape[0], left : left + grey.shape[1]] = grey
    pixels = cv2.resize(255 - square, (24, 24), interpolation=cv2.INTER_AREA)[None, ..., None] / np.float32(255)
    import keras

    answer = float(
        keras.models.load_model(tmp_path / f"best_{task}.h5", compile=False).predict(pixels, verbose=0)[0, 0]
    )
    said = f"{film}  {in_words(TASKS[task], answer)}".split()
    assert answer_line.split()[: len(said)] == said
    # Of an age an interval follows, as the card has it.
    assert (len(answer_line.split()) > len(said)) == (card.get("around") is not None) == (task == "age")

    again = called("export", "--task", task, cwd=tmp_path)
    assert "opened 2 times" in again.stdout
    page = (tmp_path / "runs" / "report.html").read_text()
    assert "2 times" in page or "opened 2" in page
    jsonschema.validate(json.loads((tmp_path / "runs" / "report.json").read_text()), schema())

    (tmp_path / f"best_{task}.json").write_text(json.dumps({**card, "model_sha256": "0"}))
    swapped = called("predict", f"best_{task}.h5", film, cwd=tmp_path)
    assert swapped.returncode == 2 and "describes another model" in swapped.stderr


@pytest.mark.slow
def test_a_search_without_prepared_films_takes_the_sample_and_says_so(
    tmp_path: Path, warm: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of which there are fewer films here: drawing them takes longest."""
    monkeypatch.setattr(sample, "write_sample", partial(sample.write_sample, films=60))
    words = ("search", "--no-ablation", "--task", "gender", "--trials", 1, "--folds", 2, "--epochs", 1)
    done = called(*words, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SYNTHETIC" in done.stdout and "prepare DIR" in done.stdout
    assert "ynthetic" in (tmp_path / "runs" / "report.html").read_text()
