"""The synthetic films: reproducible, in the SPR layout, the labels' signs where an anatomist expects them."""

from __future__ import annotations

import csv
import errno
import hashlib
import os
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from xrays.phantom.anatomy import Anatomy, render
from xrays.phantom.sample import draw_anatomy, draw_technique, requests, write_sample


def digests(folder: Path) -> list[str]:
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("train/*.png"))]


def rows(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sample(tmp_path_factory.mktemp("sample") / "raw", films=20)


@pytest.fixture(scope="module")
def patients() -> list[tuple[int, int, Anatomy]]:
    """Label and anatomy of 600 patients, ages and genders crossed so that neither explains the other."""
    rng = np.random.default_rng(0)
    labels = [(age, gender) for age in range(20, 80) for gender in (0, 1) for _ in range(5)]
    return [(age, gender, draw_anatomy(rng, age, gender)) for age, gender in labels]


def test_layout(folder: Path) -> None:
    assert [path.name for path in sorted(folder.iterdir())] == [
        "SYNTHETIC", "train", "train_age.csv", "train_gender.csv", "train_patient.csv",
    ]  # fmt: skip
    assert [path.name for path in sorted((folder / "train").iterdir())] == [f"{i:06d}.png" for i in range(20)]
    for column in ("age", "gender", "patient"):
        header, *body = rows(folder / f"train_{column}.csv")
        assert header == ["imageId", column]
        assert [row[0] for row in body] == [str(i) for i in range(20)]
    ages = [row[1] for row in rows(folder / "train_age.csv")[1:]]
    assert all(age.endswith(".0") and 18 <= float(age) <= 89 for age in ages)
    assert {row[1] for row in rows(folder / "train_gender.csv")[1:]} == {"0", "1"}


def test_the_same_seed_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    again = write_sample(tmp_path / "raw", films=20)
    assert digests(again) == digests(folder)
    for column in ("age", "gender", "patient"):
        name = f"train_{column}.csv"
        assert (again / name).read_bytes() == (folder / name).read_bytes()


def test_a_longer_sample_starts_with_the_shorter(folder: Path, tmp_path: Path) -> None:
    short = write_sample(tmp_path / "raw", films=5)
    assert digests(short) == digests(folder)[:5]
    assert rows(short / "train_age.csv") == rows(folder / "train_age.csv")[:6]


def test_another_seed_gives_other_films(folder: Path, tmp_path: Path) -> None:
    other = write_sample(tmp_path / "raw", films=3, seed=8)
    assert not set(digests(other)) & set(digests(folder))


def test_films_of_one_patient_share_the_anatomy_but_not_the_pixels(folder: Path) -> None:
    films = list(islice(requests(7), 200))
    by_patient: dict[int, list[int]] = {}
    for film in films:
        by_patient.setdefault(film.patient, []).append(film.number)
    repeated = [numbers for numbers in by_patient.values() if len(numbers) > 1]
    assert 0.15 < len(repeated) / len(by_patient) < 0.45
    for numbers in repeated:
        assert len({(films[n].age, films[n].gender, films[n].anatomy) for n in numbers}) == 1
    assert len(set(digests(folder))) == 20


def test_labels_spread_over_ages_and_genders() -> None:
    films = list(islice(requests(7), 800))
    age, gender = np.array([f.age for f in films]), np.array([f.gender for f in films])
    assert age.min() < 25 and age.max() > 80 and age.std() > 15
    assert 0.4 < gender.mean() < 0.6
    assert abs(np.corrcoef(age, gender)[0, 1]) < 0.1


@pytest.mark.parametrize(
    ("sign", "label", "direction"),
    [
        ("heart", "age", 1), ("knob", "age", 1), ("calcium", "age", 1), ("apex", "age", 1),
        ("bone", "age", -1), ("length", "age", -1),
        ("breast", "gender", -1), ("rib_slope", "gender", -1), ("chest", "gender", 1), ("rib_width", "gender", 1),
    ],
)  # fmt: skip
def test_anatomy_carries_the_labels(
    patients: list[tuple[int, int, Anatomy]], sign: str, label: str, direction: int
) -> None:
    values = np.array([getattr(anatomy, sign) for _, _, anatomy in patients])
    labels = np.array([age if label == "age" else gender for age, gender, _ in patients])
    assert np.corrcoef(values, labels)[0, 1] * direction > 0.2
    assert abs(np.corrcoef(values, labels)[0, 1]) < 0.95  # one sign alone must not settle it


@pytest.mark.parametrize("nuisance", ["fat", "haze", "markings", "bubble", "rib_phase"])
def test_nuisances_carry_no_label(patients: list[tuple[int, int, Anatomy]], nuisance: str) -> None:
    values = [getattr(anatomy, nuisance) for _, _, anatomy in patients]
    for labels in ([age for age, _, _ in patients], [gender for _, gender, _ in patients]):
        assert abs(np.corrcoef(values, labels)[0, 1]) < 0.12


def test_pose_and_exposure_carry_no_label() -> None:
    """On the films as written: a seed shared by patient and film would show here."""
    films = list(islice(requests(7), 800))
    techniques = [draw_technique(np.random.default_rng(film.seed)) for film in films]
    names = ["scale", "rotation", "turn", "breath", "level", "contrast", "gamma", "blur", "noise", "mottle"]
    columns = {name: [getattr(technique, name) for technique in techniques] for name in names}
    columns |= {f"shift {axis}": [technique.shift[axis] for technique in techniques] for axis in (0, 1)}
    columns |= {f"border {side}": [technique.border[side] for technique in techniques] for side in range(4)}
    for labels in ([film.age for film in films], [film.gender for film in films]):
        for name, values in columns.items():
            assert abs(np.corrcoef(values, labels)[0, 1]) < 0.12, name


@pytest.mark.parametrize("size", [128, 256])
def test_films_look_like_radiographs(size: int) -> None:
    darker = 0
    for number in range(12):
        rng = np.random.default_rng(number)
        film = render(rng, draw_anatomy(rng, 20 + 5 * number, number % 2), draw_technique(rng), size)
        assert film.shape == (size, size) and film.dtype == np.uint8
        assert film.std() > 30

        def mean(x: float, y: float, film: np.ndarray = film) -> float:
            row, column, r = int(y * size), int(x * size), size // 20
            return float(film[row - r : row + r, column - r : column + r].mean())

        lungs, middle, abdomen = max(mean(0.33, 0.42), mean(0.68, 0.35)), mean(0.51, 0.5), mean(0.5, 0.85)
        darker += lungs < middle - 20 and lungs < abdomen - 20
    assert darker >= 11  # one may be far out of place


def test_every_film_says_synthetic_at_the_same_place() -> None:
    corners = []
    for number in range(6):
        rng = np.random.default_rng(number)
        patient, technique = draw_anatomy(rng, 30 + number, number % 2), draw_technique(rng)
        strip = 0.02 * number  # a collimated border must not hide the letters
        film = render(rng, patient, replace(technique, border=(strip, strip, strip, strip), wires=number))
        corners.append(film[-14:, :55])
    assert all((corner == corners[0]).all() for corner in corners)
    assert corners[0].max() > 200 and corners[0].min() == 0


SIGNS = [("bone", 0.6, 1.4), ("heart", 0.38, 0.55), ("breast", 0.0, 0.9)]


@pytest.mark.parametrize(("sign", "less", "more"), SIGNS)
def test_a_sign_is_seen_on_the_film(sign: str, less: float, more: float) -> None:
    """More bone, heart or breast: the film gets brighter somewhere, clearly beyond its grain."""
    rng = np.random.default_rng(3)
    patient, technique = draw_anatomy(rng, 50, 0), draw_technique(rng)
    changes: list[dict[str, Any]] = [{sign: less}, {sign: more}]
    low, high = (
        render(np.random.default_rng(1), replace(patient, **change), technique).astype(float) for change in changes
    )
    assert (high - low > 15).mean() > 0.01
    assert (high - low).mean() > 0.5


def test_nothing_is_left_when_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if "000003" in path.name:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    done: list[int] = []
    with pytest.raises(OSError, match=f"No space left on device: '{tmp_path}"):
        write_sample(tmp_path / "raw", films=8, progress=done.append)
    assert done == [1, 2, 3]
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "mine.txt").write_text("kept")
    with pytest.raises(FileExistsError, match="raw"):
        write_sample(tmp_path / "raw", films=2)
    assert (tmp_path / "raw" / "mine.txt").read_text() == "kept"
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]


def test_progress_counts_every_film(tmp_path: Path) -> None:
    done: list[int] = []
    write_sample(tmp_path / "raw", films=4, progress=done.append)
    assert done == [1, 2, 3, 4]
