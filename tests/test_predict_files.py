"""`predict` as it is typed: tables and JSON that are whole, exit codes, Ctrl-C, and files that are not its own."""

from __future__ import annotations

import contextlib
import csv
import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from cli_process import called
from dicom_files import smooth, write_dicom
from mean_model import model_of_means

import cli
from runners._commands import predict
from runners._predict.answer import Answer, Doubt
from runners._predict.kept import Head, Kept
from runners._training.portable import save_portable
from xrays.errors import UserError
from xrays.tasks import TASKS

SIZE = 16


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return model_of_means(tmp_path, SIZE, monkeypatch)


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """A good one, one in a folder of its own, and a lateral one there."""
    (tmp_path / "films/deep").mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "films/good.png"), smooth(40, 40))
    (tmp_path / "films/._good.png").write_bytes(b"of macOS")
    cv2.imwrite(str(tmp_path / 'films/deep/comma, quote".png'), smooth(40, 40))
    write_dicom(tmp_path / "films/deep/side", smooth(40, 40), ViewPosition="LL")
    return tmp_path / "films"


def test_all_films_of_a_tree_are_answered_and_kept(model: Path, films: Path) -> None:
    words = ("predict", model.name, "films", "--recursive", "--csv", "a.csv", "--json", "a.json")
    done = called(*words, cwd=model.parent)
    assert done.returncode == 1, done.stderr
    assert [line.split("  ")[0].strip() for line in done.stdout.splitlines()] == [
        "films/good.png", "films/deep/comma, quote\".png", "films/deep/side",
    ]  # fmt: skip
    assert done.stderr.splitlines() == [
        "2 of 3 films answered: 1 lateral (--force answers 1 of them, for what it is worth)",
        "written: a.csv",
        "written: a.json",
    ]
    with (model.parent / "a.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["film", "age", "age_low", "age_high", "warnings", "reasons"]
    assert rows[0]["age"] == rows[1]["age"] != "" and rows[1]["film"] == 'films/deep/comma, quote".png'
    withheld = {"age": "", "age_low": "", "age_high": "", "warnings": "lateral", "reasons": "is a lateral view"}
    assert rows[2] == {"film": "films/deep/side", **withheld}
    kept = json.loads((model.parent / "a.json").read_text())
    assert kept["complete"] and (kept["task"], kept["output"], kept["model"]) == ("age", "years", model.name)
    assert [entry["age"] for entry in kept["films"]] == [float(rows[0]["age"])] * 2 + [None]
    assert kept["films"][2]["warnings"] == [{"code": "lateral", "words": "is a lateral view"}]

    forced = called(*words, "--force", cwd=model.parent)  # its own files may be written anew
    assert forced.returncode == 0 and forced.stdout.count(" years") == 3
    assert json.loads((model.parent / "a.json").read_text())["forced"]
    assert not [*model.parent.glob(".*.tmp")]


def test_a_patient_is_answered_by_each_of_their_films_once(model: Path, tmp_path: Path) -> None:
    """Though a folder and a file in it are named; patients are called as the table has it."""
    (tmp_path / "two").mkdir()
    for name, grey in (("a", 60), ("b", 180)):
        cv2.imwrite(str(tmp_path / f"two/{name}.png"), (smooth(40, 40) // 4 + grey).astype(np.uint8))
    (tmp_path / "whose.csv").write_text("film,patient\na,./7//8\nb,./7//8\n")
    words = ("predict", model.name, "two/a.png", "two", "two/../two/a.png", "--by", "patient")
    done = called(*words, "--patients", "whose.csv", "--csv", "a.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    with (tmp_path / "a.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["patient"], row["films"]) == ("./7//8", "2") and "those of one film" not in done.stderr
    card = json.loads(model.with_suffix(".json").read_text()) | {"around": {"level": 0.9, "quantile": 9.0}}
    model.with_suffix(".json").write_text(json.dumps(card))
    bounded = called(*words, "--patients", "whose.csv", cwd=tmp_path)
    assert "intervals of patients with several films are those of one film" in bounded.stderr
    each = [called("predict", model.name, f"two/{name}.png", cwd=tmp_path).stdout.split()[1] for name in "ab"]
    assert float(row["age"]) == pytest.approx(sum(map(float, each)) / 2, abs=0.1) and each[0] != each[1]


def test_files_are_written_though_nobody_reads_the_lines(
    model: Path, films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As behind `| head -1`."""
    read, write = os.pipe()
    os.close(read)
    monkeypatch.chdir(model.parent)
    with os.fdopen(write, "w") as out, contextlib.redirect_stdout(out):
        cli.predict(model, [Path("films/good.png")] * 2, csv=Path("a.csv"))
    assert (model.parent / "a.csv").read_text().count("films/good.png") == 2


def test_a_class_is_kept_with_its_probability(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "a.csv", None, Head(Path("best.h5"), "", TASKS["gender"], False, False))
    for value in (0.25, 0.75, None):
        kept.add(Answer("film.png", value))
    kept.write(complete=True)
    names = TASKS["gender"].class_names
    assert (tmp_path / "a.csv").read_text().splitlines() == [
        f"film,gender,probability_of_{names[1]},warnings,reasons",
        f"film.png,{names[0]},0.25,,", f"film.png,{names[1]},0.75,,", "film.png,,,,",
    ]  # fmt: skip


def test_ctrl_c_keeps_what_was_answered(model: Path, films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = predict.answers

    def until_the_second(*given: object) -> object:
        coming = real(*given)  # type: ignore[arg-type]
        yield next(coming)
        coming.close()
        raise KeyboardInterrupt

    monkeypatch.setattr(predict, "answers", until_the_second)
    words = ("predict", model.name, *["films/good.png"] * 3, "--json", "a.json", "--csv", "a.csv")
    done = called(*words, cwd=model.parent)
    assert done.returncode == 130 and done.stdout.count(" years") == 1
    assert done.stderr == (
        "stopped: 1 of 1 films answered; 2 were not looked at; in a.csv and a.json, written now; "
        "the same command begins again\n"
    )
    kept = json.loads((model.parent / "a.json").read_text())
    assert not kept["complete"] and len(kept["films"]) == 1
    assert (model.parent / "a.csv").read_text().count("\n") == 2


def test_ctrl_c_before_the_first_answer_leaves_what_was_there(
    model: Path, films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called("predict", model.name, "films/good.png", "--csv", "a.csv", cwd=model.parent)
    before = (model.parent / "a.csv").read_bytes()

    def at_once(*given: object) -> object:
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(predict, "answers", at_once)
    done = called("predict", model.name, "films/good.png", "--csv", "a.csv", cwd=model.parent)
    assert done.returncode == 130 and "a.csv not written" in done.stderr
    assert (model.parent / "a.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--csv", "mine.csv", "films/good.png"], ["mine.csv", "has not made it", "--csv mine-2.csv"]),
        (["--json", "model.json", "films/good.png"], ["model.json", "has not made it"]),
        (["--csv", "none/a.csv", "films/good.png"], ["none is no folder", "mkdir none"]),
        (["--csv", "films", "films/good.png"], ["films is a folder"]),
        (["--csv", "a", "--json", "a", "films/good.png"], ["--csv and --json a"]),
        (["films/good.png", "gone.png"], ["gone.png does not exist"]),
        (["empty"], ["empty holds no films", "another folder"]),
        (["above"], ["above holds no films", "--recursive"]),
    ],
)
def test_mistakes_cost_exit_code_2(words: list[str], said: list[str], model: Path, films: Path) -> None:
    (model.parent / "mine.csv").write_text("film,age\nmine,50\n")
    (model.parent / "empty").mkdir()
    (model.parent / "above").mkdir()
    (model.parent / "above/films").symlink_to(films)
    before = sorted(model.parent.rglob("*"))
    done = called("predict", model.name, *words, cwd=model.parent)
    assert done.returncode == 2 and done.stdout == "", done.stderr
    assert all(part in done.stderr for part in said), done.stderr
    assert "accepted:" in done.stderr and "next:" in done.stderr
    assert sorted(model.parent.rglob("*")) == before


def test_a_network_of_another_shape_than_its_card(tmp_path: Path) -> None:
    import keras

    given = keras.Input((8, 8, 1))
    save_portable(keras.Model(given, keras.layers.GlobalAveragePooling2D()(given)), tmp_path / "model.h5")
    assert predict.network_of(tmp_path / "model.h5", (8, 8, 1))
    with pytest.raises(UserError, match=r"takes \(None, 8, 8, 1\)"):
        predict.network_of(tmp_path / "model.h5", (16, 16, 1))


def test_names_that_are_no_text_are_kept(tmp_path: Path) -> None:
    """As some disks have them."""
    kept = Kept(tmp_path / "a.csv", tmp_path / "a.json", Head(Path("best.h5"), "", TASKS["age"], False, False))
    kept.add(Answer("f\udcfclm.png", np.float32(50.123456), (Doubt("negative", 'looks; odd, "so"'),)))  # type: ignore[arg-type]
    kept.write(complete=True)
    assert "f\\udcfclm.png,50.1235,,,negative" in (tmp_path / "a.csv").read_text()
    assert json.loads((tmp_path / "a.json").read_text())["films"][0]["film"] == "f\udcfclm.png"
