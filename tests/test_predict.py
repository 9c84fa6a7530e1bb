"""Answers of an exported model: as they come, in words that claim no more than is known, in flat memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from dicom_files import compress, smooth, write_dicom
from numpy.typing import NDArray

from runners._models.asked import MOST, batch_of
from runners._predict.answer import Answer, Doubt
from runners._predict.asking import answers
from runners._predict.lines import Lines, Tally
from runners._predict.looks import Look, Looker
from trials.explained import in_words
from xrays.ahead import AHEAD
from xrays.cores import usable_cores
from xrays.pixels.polarity import CHEST
from xrays.pixels.recipe import PLAIN, PixelRecipe
from xrays.tasks import TASKS

REAL = Path(__file__).parents[1] / "../shared/data/nih"
SIZE, AGE = 128, TASKS["age"]
BATCH = batch_of(SIZE, 10**6)
PLAINLY = Looker(SIZE, PLAIN, {})


class Network:
    """Answers years: 50 plus the film's mean between 0 and 1. `shapes` of what it was given."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def __call__(self, films: NDArray[np.float32]) -> NDArray[np.float32]:
        assert films.dtype == np.float32 and films.min() >= 0 and films.max() <= 1
        self.shapes.append(films.shape)
        return 50 + films.mean((1, 2))


def asked(films: Sequence[Path], looker: Looker = PLAINLY, network: Network | None = None) -> list[Answer]:
    return [*answers(films, looker, SIZE, lambda: network or Network(), AGE)]


def codes(film: Path, looker: Looker = PLAINLY) -> tuple[bool, tuple[str, ...]]:
    """Whether it was answered, and the codes of its doubts."""
    (answer,) = asked([film], looker)
    return answer.value is not None, answer.codes


def film(path: Path, grey: int) -> Path:
    """With this mean, 32 to 223, and the contrast of a chest."""
    checks = np.indices((32, 32)).sum(axis=0) % 2 * 64 + grey - 32
    cv2.imwrite(str(path), checks.astype(np.uint8))
    return path


def test_answers_come_before_the_last_film_is_read(tmp_path: Path) -> None:
    """Films are read ahead, and no more of them than are needed for the next batch."""
    read: list[Path] = []

    def look(path: Path) -> Look:
        read.append(path)
        return Look(np.zeros((SIZE, SIZE), np.uint8), ())

    films = [tmp_path / f"{number}.png" for number in range(BATCH * 20)]
    coming = answers(films, look, SIZE, Network, AGE)
    assert next(coming) == Answer(str(films[0]), 50.0)
    assert len(read) <= BATCH + max(BATCH, AHEAD * usable_cores()) + 1
    coming.close()
    assert len(read) < len(films), "nothing begins after the end"


def test_a_network_is_given_batches_of_one_shape(tmp_path: Path) -> None:
    one, network = film(tmp_path / "film.png", 100), Network()
    assert len({answer.value for answer in asked([one] * (2 * BATCH + 3), network=network)}) == 1
    assert network.shapes == [(BATCH, SIZE, SIZE, 1)] * 3
    few = Network()
    assert len(asked([one] * 3, network=few)) == 3 and few.shapes == [(3, SIZE, SIZE, 1)]


@pytest.mark.parametrize(("size", "films", "expected"), [(16, 10**6, MOST), (512, 99, 4), (1024, 9, 1), (128, 7, 7)])
def test_batches_are_of_films_that_fit_into_memory(size: int, films: int, expected: int) -> None:
    assert batch_of(size, films) == expected


def test_a_broken_film_keeps_its_place_and_loses_no_other(tmp_path: Path) -> None:
    films = [film(tmp_path / f"{number}.png", 40 + 160 * (number % 2)) for number in range(2 * BATCH)]
    broken = {0, 5, BATCH - 1, *range(BATCH, 2 * BATCH)}
    for number in broken:
        films[number].write_bytes(b"no image")
    for number, answer in enumerate(asked(films)):
        assert answer.name == str(films[number])
        if number in broken:
            assert answer == Answer(str(films[number]), None, (Doubt("unreadable", "cannot be decoded"),))
        else:
            assert answer.value == pytest.approx(50 + (215 - 160 * (number % 2)) / 255, abs=0.005)


def test_films_that_cannot_be_read_wait_for_no_network(tmp_path: Path) -> None:
    (tmp_path / "film.png").write_bytes(b"no image")
    coming = answers([tmp_path / "film.png"] * 3, PLAINLY, SIZE, lambda: pytest.fail("nothing to ask"), AGE)
    assert [answer.codes for answer in coming] == [("unreadable",)] * 3


@pytest.mark.parametrize(("value", "said"), [
    (np.nan, "the model says no number"), (-7.6, "the model says -7.6 years (below 0: no answer)"),
])  # fmt: skip
def test_what_cannot_be_is_no_answer(value: float, said: str, tmp_path: Path) -> None:
    one = film(tmp_path / "film.png", 100)
    (answer,) = answers([one], PLAINLY, SIZE, lambda: lambda films: np.full((len(films), 1), value), AGE)
    assert answer == Answer(str(one), None, (Doubt("impossible", said),))


def test_a_negative_is_answered_and_noticed(tmp_path: Path) -> None:
    """The mean chest film itself: there is none that is more of a chest."""
    chest = (CHEST + 140).clip(0, 255)
    cv2.imwrite(str(tmp_path / "film.png"), chest)
    cv2.imwrite(str(tmp_path / "negative.png"), 255 - chest)
    assert codes(tmp_path / "film.png") == (True, ())
    assert codes(tmp_path / "negative.png") == (True, ("negative",))
    assert codes(tmp_path / "negative.png", Looker(SIZE, PixelRecipe(polarity="auto"), {})) == (True, ())


def picture(kind: str, path: Path) -> Path:
    """That is whole, and about which no model should be asked."""
    if kind == "blank":
        cv2.imwrite(str(path), np.full((90, 90), 7, np.uint8))
    elif kind == "colour":
        cv2.imwrite(str(path), np.dstack([smooth(90, 90), smooth(90, 90) // 2, smooth(90, 90) // 3]))
    else:
        tags = {
            "lateral": {"ViewPosition": "LL"},
            "no_chest": {"BodyPartExamined": "KNEE"},
            "no_radiograph": {"Modality": "MR"},
        }
        write_dicom(path, smooth(90, 90), **tags[kind])
    return path


@pytest.mark.parametrize("kind", ["blank", "colour", "lateral", "no_chest", "no_radiograph"])
def test_an_answer_that_would_mean_nothing_is_given_by_force_alone(kind: str, tmp_path: Path) -> None:
    path = picture(kind, tmp_path / "film.png")
    assert codes(path) == (False, (kind,))
    assert codes(path, Looker(SIZE, PLAIN, {}, force=True)) == (True, (kind,))


def test_no_force_answers_what_cannot_be_read(tmp_path: Path) -> None:
    several = write_dicom(tmp_path / "film.dcm", np.concatenate([smooth(9, 9)] * 2), NumberOfFrames=2, Rows=9)
    for path in (several, tmp_path / "gone.png"):
        assert codes(path, Looker(SIZE, PLAIN, {}, force=True)) == (False, ("unreadable",))


def test_a_faint_film_is_told(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "film.png"), np.indices((32, 32)).sum(axis=0).astype(np.uint8) % 2 * 8 + 100)
    assert codes(tmp_path / "film.png") == (True, ("faint",))


def test_dicom_films_are_answered_like_others(tmp_path: Path) -> None:
    grey = smooth(64, 64)
    cv2.imwrite(str(tmp_path / "film.png"), grey)
    write_dicom(tmp_path / "IM0001", 255 - grey, PhotometricInterpretation="MONOCHROME1")
    compress(write_dicom(tmp_path / "film.dcm", grey.astype(np.uint16) * 16, BitsStored=12), "JPEG2000Lossless")
    values = [answer.value for answer in asked([tmp_path / name for name in ("film.png", "IM0001", "film.dcm")])]
    assert values == [values[0]] * 3 and values[0] is not None


@pytest.mark.long
def test_memory_does_not_grow_with_the_films(tmp_path: Path) -> None:
    """As floats they would take 85 MB, as bytes 21."""
    one = film(tmp_path / "film.png", 100)
    assert len(asked([one])) == 1
    tracemalloc.start()
    try:
        assert sum(answer.value is not None for answer in answers([one] * 1300, PLAINLY, SIZE, Network, AGE)) == 1300
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20e6


@pytest.mark.parametrize(("task", "answer", "expected"), [
    ("gender", 1.0, "male, probability over 0.99"), ("gender", 0.0, "female, probability over 0.99"),
    ("age", -7.6, "-7.6 years (below 0: no answer)"), ("age", 61.44, "61.4 years"), ("age", 0.0, "0.0 years"),
    ("age", -0.04, "0.0 years"), ("age", -0.06, "-0.1 years (below 0: no answer)"),
])  # fmt: skip
def test_no_answer_claims_what_cannot_be(task: str, answer: float, expected: str) -> None:
    assert in_words(TASKS[task], answer) == expected
    one = "film.png"
    assert Lines([one], TASKS[task]).of(Answer(one, answer)) == f"film.png  {expected}"


def test_a_film_unlike_the_training_films_is_told(tmp_path: Path) -> None:
    looker = Looker(
        SIZE, PLAIN, {"brightness": [60.0, 200.0], "width by height": [0.5, 0.9], "contrast": [9.0, 99.0]}
    )
    dark, usual = asked([film(tmp_path / "dark.png", 40), film(tmp_path / "usual.png", 120)], looker)
    square = "width by height 1, usual are 0.5 to 0.9"
    said = f"unlike the training films: brightness 40, usual are 60 to 200; {square}"
    assert dark.doubts == (Doubt("unusual", said),) and dark.value is not None
    assert usual.doubts == (Doubt("unusual", f"unlike the training films: {square}"),)
    cv2.imwrite(str(tmp_path / "blank.png"), np.full((90, 90), 7, np.uint8))
    assert codes(tmp_path / "blank.png", looker) == (False, ("blank",)), "of which its brightness follows"


def test_lines_stand_below_each_other() -> None:
    films = ["a.png", "longer.png", "c.png"]
    negative, blank = Doubt("negative", "looks like a negative"), Doubt("blank", "is blank")
    given = (Answer(films[0], 8.04, (negative,)), Answer(films[1], 63.2), Answer(films[2], None, (blank, negative)))
    lines = Lines(films, TASKS["age"])
    assert [lines.of(answer) for answer in given] == [
        "a.png         8.0 years  (looks like a negative)",
        "longer.png   63.2 years",
        "c.png       is blank  looks like a negative",
    ]
    tally = Tally()
    for answer in given:
        tally.add(answer)
    expected = "2 of 3 films answered: 1 blank (--force answers 1 of them, for what it is worth)"
    assert (tally.words(3), tally.words(9)) == (expected, f"{expected}; 6 were not looked at")


@pytest.mark.skipif(not REAL.exists(), reason="no real films here")
def test_real_films_are_asked_about() -> None:
    looks = [PLAINLY(path) for path in sorted(REAL.glob("train/*.png"))[::12]]
    assert len(looks) > 50 and all(look.pixels is not None for look in looks)
    assert sum(bool(look.doubts) for look in looks) <= len(looks) / 50


@pytest.mark.slow
def test_a_real_network_is_compiled_once(tmp_path: Path) -> None:
    """Keras calls the network's `call` when it makes a graph."""
    import keras

    traced: list[Any] = []

    class Mean(keras.layers.GlobalAveragePooling2D):  # type: ignore[misc]
        def call(self, inputs: Any) -> Any:
            traced.append(inputs.shape)
            return super().call(inputs)

    given = keras.Input((16, 16, 1))
    network = keras.Model(given, Mean()(given))
    traced.clear()
    one = film(tmp_path / "film.png", 100)
    coming = answers([one] * 150, Looker(16, PLAIN, {}), 16, lambda: network.predict_on_batch, AGE)
    values = [answer.value for answer in coming]
    assert len(values) == 150 and len(set(values)) == 1
    assert [tuple(shape) for shape in traced] == [(MOST, 16, 16, 1)]
