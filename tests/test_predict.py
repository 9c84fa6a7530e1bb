"""Answers of an exported model: as they come, in words that claim no more than is known, in flat memory."""

from __future__ import annotations

import hashlib
import json
import tracemalloc
from pathlib import Path

import cv2
import numpy as np
import pytest
from dicom_files import compress, smooth, write_dicom
from run_folders import experiment

from runners._commands.predict import BATCH, predict_films
from trials.explained import in_words
from xrays.pixels.polarity import CHEST
from xrays.pixels.recipe import PLAIN
from xrays.tasks import TASKS

SIZE = 256


def exported(folder: Path, task: str, answer: float) -> Path:
    """A model that answers `answer`, in years or as a logit, plus the film's mean between 0 and 1."""
    import keras

    model = folder / f"{task}.h5"
    film = keras.Input((SIZE, SIZE, 1))
    output = keras.layers.Dense(1, "sigmoid" if task == "gender" else None, name="answer")
    network = keras.Model(film, output(keras.layers.GlobalAveragePooling2D()(film)))
    output.set_weights([np.ones((1, 1), np.float32), np.full(1, answer, np.float32)])
    network.save(model)
    card = {
        "task": task,
        "output": "",
        "class_names": list(TASKS[task].class_names),
        "synthetic": False,
        "run": "run",
        "trial": 0,
        "params": {},
        "recipe": {},
        "experiment": experiment(task, size=SIZE).to_json(),
        "input": {"shape": [SIZE, SIZE, 1], "preprocessing": PLAIN.record()},
        "model_sha256": hashlib.sha256(model.read_bytes()).hexdigest(),
    }
    model.with_suffix(".json").write_text(json.dumps(card))
    return model


def film(path: Path, grey: int) -> Path:
    """With this mean, or nearly so at both ends, and not blank."""
    checks = np.indices((32, 32)).sum(axis=0) % 2 * 8 + np.clip(grey - 4, 0, 247)
    cv2.imwrite(str(path), checks.astype(np.uint8))
    return path


def test_answers_come_before_the_last_film_is_read(tmp_path: Path) -> None:
    model = exported(tmp_path, "age", 50.0)
    films = [tmp_path / f"{number}.png" for number in range(BATCH + 3)]
    for number, path in enumerate(films[:BATCH]):
        film(path, 255 - number)
    answers = predict_films(model, films)
    first = next(answers)
    for path in films[BATCH:]:
        film(path, 0)
    assert first == (f"{films[0]}  50.0 years", True)
    assert [*answers][-1] == (f"{films[-1]}  51.0 years", True)


def test_a_broken_film_keeps_its_place_and_loses_no_other(tmp_path: Path) -> None:
    model = exported(tmp_path, "age", 50.0)
    films = [film(tmp_path / f"{number}.png", 255 * (number % 2)) for number in range(2 * BATCH)]
    broken = {0, 5, BATCH - 1, *range(BATCH, 2 * BATCH)}
    for number in broken:
        films[number].write_bytes(b"no image")
    answers = [*predict_films(model, films)]
    assert [usable for _, usable in answers] == [number not in broken for number in range(len(films))]
    for number, (line, usable) in enumerate(answers):
        answer = f"{51 - number % 2}.0 years" if usable else "cannot be decoded"
        assert line == f"{films[number]}  {answer}"


def test_a_negative_is_answered_and_noticed(tmp_path: Path) -> None:
    """The mean chest film itself: there is none that is more of a chest."""
    model, chest = exported(tmp_path, "age", 50.0), (CHEST + 140).clip(0, 255)
    cv2.imwrite(str(tmp_path / "film.png"), chest)
    cv2.imwrite(str(tmp_path / "negative.png"), 255 - chest)
    (line, _), (noticed, usable) = predict_films(model, [tmp_path / "film.png", tmp_path / "negative.png"])
    assert line.endswith(" years") and usable
    assert noticed.endswith(" years  (looks like a negative: the answer is for a film with bones black)")


def test_a_blank_film_gets_no_answer(tmp_path: Path) -> None:
    model = exported(tmp_path, "age", 50.0)
    cv2.imwrite(str(tmp_path / "film.png"), np.full((90, 90), 7, np.uint8))
    assert [*predict_films(model, [tmp_path / "film.png"])] == [
        (f"{tmp_path / 'film.png'}  is blank: hardly any two pixels differ", False)
    ]


def test_dicom_films_are_answered_like_others(tmp_path: Path) -> None:
    model, grey = exported(tmp_path, "age", 50.0), smooth(64, 64)
    cv2.imwrite(str(tmp_path / "film.png"), grey)
    write_dicom(tmp_path / "IM0001", 255 - grey, PhotometricInterpretation="MONOCHROME1")
    compress(write_dicom(tmp_path / "film.dcm", grey.astype(np.uint16) * 16, BitsStored=12), "JPEG2000Lossless")
    write_dicom(tmp_path / "side.dcm", grey, ViewPosition="LL")
    films = [tmp_path / name for name in ("film.png", "IM0001", "film.dcm", "side.dcm")]
    answers = [line.split("  ")[1] for line, _ in predict_films(model, films)]
    assert answers == [answers[0]] * 3 + ["is a lateral view"]


def test_memory_does_not_grow_with_the_films(tmp_path: Path) -> None:
    """As floats they would take 130 MB."""
    model, one = exported(tmp_path, "age", 50.0), film(tmp_path / "film.png", 100)
    assert len([*predict_films(model, [one])]) == 1
    tracemalloc.start()
    try:
        assert len([*predict_films(model, [one] * 500)]) == 500
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 30e6


@pytest.mark.parametrize(("task", "answer", "expected"), [
    ("gender", 30.0, "male, probability over 0.99"), ("gender", -30.0, "female, probability over 0.99"),
    ("age", -8.0, "-7.6 years (below 0: no answer)"),
])  # fmt: skip
def test_no_answer_claims_what_cannot_be(task: str, answer: float, expected: str, tmp_path: Path) -> None:
    model, one = exported(tmp_path, task, answer), film(tmp_path / "film.png", 153)
    assert [*predict_films(model, [one])] == [(f"{one}  {expected}", True)]


@pytest.mark.parametrize(("answer", "expected"), [
    (61.44, "61.4 years"), (0.0, "0.0 years"), (-0.04, "0.0 years"), (-0.06, "-0.1 years (below 0: no answer)"),
])  # fmt: skip
def test_an_age_in_words(answer: float, expected: str) -> None:
    assert in_words(TASKS["age"], answer) == expected


def test_a_film_unlike_the_training_films_is_told(tmp_path: Path) -> None:
    model = exported(tmp_path, "age", 50.0)
    card = json.loads(model.with_suffix(".json").read_text())
    card["input"]["pictures"] = {"brightness": [60.0, 200.0]}
    model.with_suffix(".json").write_text(json.dumps(card))
    dark, usual = film(tmp_path / "dark.png", 20), film(tmp_path / "usual.png", 120)
    (first, known), (second, _) = predict_films(model, [dark, usual])
    assert known and first.endswith("years  (unlike the training films: brightness 20, usual are 60 to 200)"), first
    assert second.endswith("years"), second
