"""Films that a network is explained on: of the prepared folder, or files of the user.

films = prepared_films(arrays, task, sample_rows(rows))
films = films_of_files([Path("film.png")], task, 64, recipe)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runners._seeds import derive
from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.label_values import Labels, at_rows
from xrays.patients import groups_of_patients
from xrays.pixels.film import UnreadableFilm
from xrays.pixels.read import read_film
from xrays.pixels.recipe import PixelRecipe
from xrays.tasks import Task

MOST = 300  # films: more change the means little, and the maps of a backbone take a while


@dataclass(frozen=True)
class ExplainedFilms:
    """n films. images: (n, S, S, 1) uint8 inverted; names: what a reader knows them by; groups: (n,) patients;
    targets: (n,) labels of the task; labels: all that are known, see xrays/labels.py. ends: what an answer may speak
    for, the lower one first; given: reads one of them, (h, w), where they are the user's."""

    images: NDArray[np.uint8]
    names: list[str]
    groups: NDArray[np.str_]
    targets: NDArray[np.float32]
    labels: Labels
    ends: tuple[str, str]
    given: Callable[[int], NDArray[np.uint8]] | None = None


def sample_rows(rows: NDArray[np.int64], most: int = MOST) -> NDArray[np.int64]:
    """All of them, or `most` drawn at random where there are more: the same ones every time, in their order."""
    if len(rows) <= most:
        return rows
    return np.sort(np.random.default_rng(derive(0, "explain")).choice(rows, most, replace=False))


def prepared_films(arrays: XrayArrays, task: Task, rows: NDArray[np.int64]) -> ExplainedFilms:
    """Those in these rows of the prepared folder, named by their ids, with all that is known of them."""
    names = [str(number) for number in arrays.ids[rows].tolist()]
    targets, labels = arrays.targets(task)[rows], at_rows(arrays.labels, rows)
    return ExplainedFilms(arrays.images[rows], names, arrays.groups[rows], targets, labels, task.ends)


def films_of_files(files: Sequence[Path], task: Task, size: int, recipe: PixelRecipe) -> ExplainedFilms:
    """Files of the user. size: px of a side that the network takes; recipe: what its films went through. Each film
    counts as a patient of its own, without a label. Raises UserError for a file that is no film."""
    images = np.stack([_pixels(file, size, recipe) for file in files])[..., None]
    names, groups = [file.name for file in files], groups_of_patients(np.arange(len(files)), [""] * len(files))
    unknown = np.full(len(files), np.nan, np.float32)
    return ExplainedFilms(images, names, groups, unknown, {}, task.ends, lambda row: _read(files[row], recipe))


def _read(file: Path, recipe: PixelRecipe) -> NDArray[np.uint8]:
    try:
        return recipe.at_own_size(read_film(file)).fit().grey
    except UnreadableFilm as error:
        raise _no_film(file, error) from None


def _pixels(file: Path, size: int, recipe: PixelRecipe) -> NDArray[np.uint8]:
    try:
        return recipe.pixels(read_film(file), size)
    except UnreadableFilm as error:
        raise _no_film(file, error) from None


def _no_film(file: Path, error: UnreadableFilm) -> UserError:
    return UserError(f"{file} {error}", "films as PNG, JPEG, TIFF", "leave it out")
