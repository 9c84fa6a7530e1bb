"""Predictions of an exported model for single films, preprocessed as in training.

for line, usable in predict_films(Path("best_age.h5"), [Path("film.png")]): print(line)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runners._loading import silent_start, without_scikit_learn
from runners._models.cards import read_card, recipe_of
from trials.explained import in_words
from xrays.pixels.facts import facts_of, far_out
from xrays.pixels.film import UnreadableFilm
from xrays.pixels.read import read_film
from xrays.pixels.recipe import NEGATIVE, PixelRecipe
from xrays.pixels.square import square
from xrays.tasks import task_named

BATCH = 16  # films that are held at once: at 512 px about 1 MB each, and as much again in every layer


def predict_films(model: Path, films: Sequence[Path]) -> Iterator[tuple[str, bool]]:
    """(line, usable) a film, in the order given and as they come; first a line about the model if its films were
    synthetic.

    Raises UserError when the model or its card is missing or was made with another preprocessing.
    """
    card = read_card(model)
    task, size = task_named(card["task"]), card["input"]["shape"][0]
    recipe, usual = recipe_of(card), card["input"].get("pictures", {})
    if card["synthetic"]:
        yield "this model was trained on SYNTHETIC films: its answers mean nothing for a patient", True
    loaded: Any = None
    for start in range(0, len(films), BATCH):
        read = [(path, *_pixels(path, size, recipe, usual)) for path in films[start : start + BATCH]]
        usable = [pixels for _, pixels, _ in read if pixels is not None]
        if usable and loaded is None:
            loaded = _loaded(model)
        answers = iter(_predict(loaded, np.stack(usable)) if usable else [])
        for path, pixels, told in read:
            known = pixels is not None
            yield "  ".join([str(path), *([in_words(task, next(answers))] if known else []), *told]), known


def _pixels(
    path: Path, size: int, recipe: PixelRecipe, usual: Mapping[str, Sequence[float]]
) -> tuple[NDArray[np.uint8] | None, tuple[str, ...]]:
    """(size, size) and what is to be said of the film beside its answer; or None and why it cannot be used. usual:
    ranges of the training films, see xrays/pixels/facts.py."""
    try:
        read = read_film(path)
        film = recipe.at_own_size(read)
        told = [f"({NEGATIVE}: the answer is for a film with bones black)"] * (NEGATIVE in film.notes)
        told += [f"(unlike the training films: {what})" for what in far_out(facts_of(read.grey, 0, film.grey), usual)]
        return square(film.grey, size), tuple(told)
    except UnreadableFilm as error:
        return None, (str(error),)


def _loaded(model: Path) -> Any:
    with silent_start(), without_scikit_learn():
        import keras

        return keras.models.load_model(model, compile=False)


def _predict(loaded: Any, pixels: NDArray[np.uint8]) -> list[float]:
    """pixels: (n, S, S)."""
    films = pixels[..., None].astype(np.float32) / np.float32(255)
    return [float(value) for value in np.asarray(loaded.predict_on_batch(films))[:, 0]]
