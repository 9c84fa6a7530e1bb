"""Keras's own archive, which opens in no version of Keras that is older than the one that wrote it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from runners._models.formats import Answering, Format

FORMAT = Format("Keras 3, no older than the one that wrote it", (".keras",), "keras", ("keras", "tensorflow"))


def write(network: Any, target: Path) -> None:
    """Without an optimizer: the network has none."""
    network.save(target)


def opened(target: Path) -> Answering:
    """With Keras."""
    import keras

    network = keras.models.load_model(target, compile=False)
    return lambda films: network.predict_on_batch(films)
