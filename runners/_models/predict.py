"""Predictions of an exported model for single films, preprocessed as in training.

for line, usable in predict_films(Path("best_age.h5"), [Path("film.png")]): print(line)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runners._models.cards import read_card
from runners._quiet import silent_start
from xrays.decode import UnreadableFilm, read_film, to_pixels


def predict_films(model: Path, films: Sequence[Path]) -> Iterator[tuple[str, bool]]:
    """(line, usable) a film, in the order given; first a line about the model if its films were synthetic.

    Raises UserError when the model or its card is missing or was made with another preprocessing.
    """
    card = read_card(model)
    size = card["input"]["shape"][0]
    pixels: dict[int, NDArray[np.uint8]] = {}
    reasons: dict[int, str] = {}
    for position, path in enumerate(films):
        try:
            pixels[position] = to_pixels(read_film(path), size)
        except UnreadableFilm as error:
            reasons[position] = str(error)
    answers: dict[int, float] = {}
    if pixels:
        stacked = np.stack(list(pixels.values()))[..., None].astype(np.float32) / np.float32(255)
        answers = dict(zip(pixels, _predict(model, stacked), strict=True))
    if card["synthetic"]:
        yield "this model was trained on SYNTHETIC films: its answers mean nothing for a patient", True
    for position, path in enumerate(films):
        if position in reasons:
            yield f"{path}  {reasons[position]}", False
        else:
            yield f"{path}  {_in_words(card, answers[position])}", True


def _predict(model: Path, films: NDArray[np.float32]) -> list[float]:
    with silent_start():
        import keras

        loaded = keras.models.load_model(model, compile=False)
    return [float(value) for value in loaded.predict(films, verbose=0)[:, 0]]


def _in_words(card: dict[str, Any], answer: float) -> str:
    if not card["class_names"]:
        return f"{answer:.1f} {card['output']}"
    chosen = int(answer >= 0.5)
    return f"{card['class_names'][chosen]} (probability {answer if chosen else 1 - answer:.3f})"
