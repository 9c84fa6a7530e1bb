"""Small folders in the SPR layout, to read and to prepare.

folder = film_folder(tmp_path, age=None)      # films are empty files
folder = noise_folder(tmp_path / "films", 9)  # films can be decoded
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

AGES = "imageId,age\n0,89.0\n1,72.0\n2,18.0\n"
GENDERS = "imageId,gender\n0,0\n1,1\n2,0\n"


def film_folder(
    folder: Path,
    *,
    films: Sequence[str] = ("000000.png", "000001.png", "000002.png"),
    train: str = "train",
    age: str | bytes | None = AGES,
    gender: str | bytes | None = GENDERS,
    patient: str | bytes | None = None,
) -> Path:
    """A folder whose films are empty files: read_folder must not open them."""
    (folder / train).mkdir(parents=True, exist_ok=True)
    for name in films:
        (folder / train / name).touch()
    for column, content in (("age", age), ("gender", gender), ("patient", patient)):
        if content is not None:
            raw = content if isinstance(content, bytes) else content.encode()
            (folder / f"train_{column}.csv").write_bytes(raw)
    return folder


def noise_folder(folder: Path, films: int = 25, seed: int = 0) -> Path:
    """A folder of small films of noise, each with both labels."""
    rng = np.random.default_rng(seed)
    (folder / "train").mkdir(parents=True)
    for film in range(films):
        cv2.imwrite(str(folder / f"train/{film:06d}.png"), rng.integers(0, 256, (24, 20), np.uint8))
    (folder / "train_age.csv").write_text("imageId,age\n" + "".join(f"{i},{30 + i % 90}\n" for i in range(films)))
    (folder / "train_gender.csv").write_text("imageId,gender\n" + "".join(f"{i},{i % 2}\n" for i in range(films)))
    return folder


def replace_in(file: Path, old: str, new: str) -> None:
    """In a text file that holds it: a change that changes nothing would test nothing."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
