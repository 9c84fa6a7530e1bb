"""The built-in data set: synthetic chest films with ages and genders, so that everything runs offline.

Why: a demo and a test need films at hand whose labels can truly be read from them, by a network better than
by a linear model, and by that better than by guessing. `xrays/phantom/anatomy.py` draws the films; this file decides
what age and gender do to a patient, and writes the data set. No film shows a real patient, and all say so.

    folder = write_sample(Path("data/sample/raw"))     # train/000000.png …, train_age.csv, train_gender.csv
    anatomy = draw_anatomy(np.random.default_rng(0), age=63, gender=1)

A film depends on the seed and its number only, not on how many are drawn.
"""

from __future__ import annotations

import csv
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

import numpy as np

from xrays.cores import usable_cores
from xrays.phantom import MARKER
from xrays.phantom.anatomy import Anatomy, render
from xrays.phantom.exposure import Technique
from xrays.phantom.shapes import SIDES

FILMS = 800
VERSION = 1  # changes when the same request would draw other films
FEMALE_SHARE = 0.56
REPEATS = (0.72, 0.18, 0.10)  # share of patients with one, two, three films


@dataclass(frozen=True)
class Request:
    """One film to draw: whose it is, and the seed of its pose, exposure and grain."""

    number: int
    patient: int
    age: int
    gender: int
    anatomy: Anatomy
    seed: tuple[int, ...]


def draw_anatomy(rng: np.random.Generator, age: float, gender: int) -> Anatomy:
    """One patient of that age (years) and gender (0 female, 1 male).

    Tendencies known from radiology: with age the cardiothoracic ratio and the aortic knob grow and the knob
    calcifies, bone loses mineral, the back bends and the chest gets shorter. In women the chest is narrower,
    ribs are thinner and fall more steeply, and the breasts shadow the lower lung fields. The spreads are set
    so that no sign settles a label alone, and that a small network has room to get better.
    """
    years = (age - 53.0) / 20.0  # about -1.75 ... 1.8
    male = 2.0 * gender - 1.0
    fat = float(np.clip(rng.gamma(2.0, 0.17), 0.0, 1.2))
    female_breast = float(np.clip(rng.gamma(2.6, 0.20), 0.02, 1.2))
    male_breast = float(np.clip(rng.normal(-0.05, 0.10) + 0.35 * fat, 0.0, 0.6))
    return Anatomy(
        chest=0.62 + 0.012 * male + rng.normal(0, 0.035),
        apex=-0.62 + 0.012 * years + rng.normal(0, 0.03),
        length=1.03 - 0.018 * years + 0.012 * male + rng.normal(0, 0.05),
        curve=0.012 * years + rng.normal(0, 0.02),
        heart=float(np.clip(0.45 + 0.014 * years + rng.normal(0, 0.032), 0.34, 0.62)),
        knob=float(np.clip(0.085 + 0.012 * years + rng.normal(0, 0.012), 0.045, 0.14)),
        calcium=float(np.clip(0.35 * years + rng.normal(0, 0.2), 0.0, 1.0)),
        bone=float(np.exp(-0.26 * years + rng.normal(0, 0.17))),
        rib_width=0.040 + 0.005 * male + rng.normal(0, 0.004),
        rib_slope=0.28 - 0.06 * male + rng.normal(0, 0.045),
        rib_phase=rng.uniform(0, 1),
        clavicle=-0.03 + rng.normal(0, 0.04),
        shoulder=0.80 + 0.015 * male + rng.normal(0, 0.04),
        breast=male_breast if gender == 1 else female_breast,
        breast_y=rng.normal(0.90, 0.09),
        haze=float(rng.gamma(1.5, 0.06)),
        bubble=float(np.clip(rng.normal(0.3, 0.5), 0.0, 1.0)),
        fat=fat,
        markings=float(np.exp(rng.normal(0, 0.3))),
        vessels=int(rng.integers(2**31)),
    )


def draw_technique(rng: np.random.Generator) -> Technique:
    """Pose, exposure and clutter of one film."""
    strips = np.where(rng.random(4) < 0.15, rng.uniform(0.02, 0.12, 4), 0.0)
    right = rng.random() < 0.5
    side = rng.choice(SIDES)
    return Technique(
        shift=(rng.normal(0, 0.06), rng.normal(0, 0.06)),
        scale=1.12 * float(np.exp(rng.normal(0, 0.06))),
        rotation=rng.normal(0, 0.04),
        turn=rng.normal(0, 0.03),
        breath=rng.normal(0, 0.05),
        level=0.80 + rng.normal(0, 0.09),
        contrast=3.4 * float(np.exp(rng.normal(0, 0.14))),
        gamma=float(np.exp(rng.normal(0, 0.15))),
        slope=(rng.normal(0, 0.05), rng.normal(0, 0.05)),
        blur=rng.uniform(0.4, 1.1),
        noise=rng.uniform(0.01, 0.03),
        mottle=rng.uniform(0.008, 0.03),
        border=(float(strips[0]), float(strips[1]), float(strips[2]), float(strips[3])),
        marker=("R" if right else "L", float(side * rng.uniform(0.75, 0.9)), rng.uniform(-0.9, -0.5)),
        wires=int(rng.integers(1, 4)) if rng.random() < 0.2 else 0,
        dots=int(rng.integers(2, 5)) if rng.random() < 0.2 else 0,
    )


def draw_age(rng: np.random.Generator) -> int:
    """An age in whole years, 18 to 89: two broad humps, like the people who come for a chest film."""
    while True:
        age = round(rng.normal(*((36, 12) if rng.random() < 0.5 else (68, 12))))
        if 18 <= age <= 89:
            return int(age)


def requests(seed: int) -> Iterator[Request]:
    """Endless list of films. Every patient has an own generator: a longer sample starts with the shorter."""
    number = 0
    for patient in count():
        rng = np.random.default_rng((seed, patient, 0))
        films = int(rng.choice(len(REPEATS), p=REPEATS)) + 1
        age, gender = draw_age(rng), int(rng.random() >= FEMALE_SHARE)
        anatomy = draw_anatomy(rng, age, gender)
        # From 1: NumPy pads seeds with zeros, so film 0 would repeat the patient's numbers and leak the age.
        for film in range(1, films + 1):
            yield Request(number, patient, age, gender, anatomy, (seed, patient, film))
            number += 1


def write_sample(
    folder: Path, *, films: int = FILMS, seed: int = 7, progress: Callable[[int], None] | None = None
) -> Path:
    """Draw the sample into `folder` (SPR layout plus train_patient.csv) and return it; it must not exist yet.

    Everything is written beside it under a temporary name first: `folder` is there complete or not at all.
    `progress` is called with the number of films written so far.
    """
    if folder.exists():
        raise FileExistsError(f"{folder} is there already; delete it to draw the sample again")
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        _write(unfinished, list(islice(requests(seed), films)), progress or (lambda done: None))
        unfinished.chmod(0o755)  # mkdtemp makes it private
        unfinished.rename(folder)
    except BaseException as error:  # Ctrl-C too
        shutil.rmtree(unfinished, ignore_errors=True)
        if isinstance(error, OSError):
            error.filename = str(folder)  # of which a full disk says nothing
        raise
    return folder


def _write(folder: Path, films: list[Request], progress: Callable[[int], None]) -> None:
    train = folder / "train"
    train.mkdir()
    with ThreadPoolExecutor(usable_cores()) as pool:
        try:
            for done, _ in enumerate(pool.map(lambda film: _write_film(train, film), films), start=1):
                progress(done)
        except BaseException:
            pool.shutdown(cancel_futures=True)  # else it would draw on into a folder that is being removed
            raise
    (folder / MARKER).write_text(f"Drawn by a computer, version {VERSION}: no film shows a patient.\n")
    _write_table(folder / "train_age.csv", "age", [(f.number, f"{f.age:.1f}") for f in films])
    _write_table(folder / "train_gender.csv", "gender", [(f.number, f.gender) for f in films])
    _write_table(folder / "train_patient.csv", "patient", [(f.number, f.patient) for f in films])


def _write_film(train: Path, film: Request) -> None:
    import cv2

    rng = np.random.default_rng(film.seed)
    path = train / f"{film.number:06d}.png"
    # Not imwrite: it says nothing when the disk is full in the middle of a film.
    path.write_bytes(cv2.imencode(".png", render(rng, film.anatomy, draw_technique(rng)))[1].tobytes())


def _write_table(path: Path, column: str, rows: list[tuple[int, object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("imageId", column))
        table.writerows(rows)
