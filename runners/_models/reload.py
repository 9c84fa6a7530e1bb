"""Whether an exported file does in a fresh process with nothing but Keras what the trained network did.

check_reloaded(Path("model.h5"), "tensorflow", films, predictions, workplace)          # or raises ExportFailed
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runners._backend import environment

CHECKED = 64  # films whose predictions are compared: they show whether it is the same network

# Runs with nothing but Keras: what a reader of the file will have, loaded as in runners/_loading.py. It prints the
# dropouts that hand on in training what they were given; a rate below 1e-6 does nothing in float32.
RELOAD = """
import gc, sys
gc.disable()
import keras, numpy
gc.freeze()
gc.enable()
model = keras.models.load_model(sys.argv[1], compile=False)
films = numpy.load(sys.argv[2])
films = films.astype("float32") / 255 if films.dtype == "uint8" else films
numpy.save(sys.argv[3], model.predict(films, verbose=0)[:, 0])
dropouts = [layer for layer in model.layers if isinstance(layer, keras.layers.Dropout) and layer.rate > 1e-6]
if dropouts:
    within = keras.Model(model.inputs, [end for layer in dropouts for end in (layer.input, layer.output)])
    noise = numpy.random.default_rng(0).random((8, *model.input_shape[1:]), "float32")
    to_numpy = keras.ops.convert_to_numpy if hasattr(keras, "ops") else numpy.asarray
    calls = [[to_numpy(end) for end in within(noise, training=True)] for _ in range(2)]
    for number, layer in enumerate(dropouts):
        given, kept = ([call[2 * number + end] for call in calls] for end in (0, 1))
        if numpy.any(given) and numpy.array_equal(given, kept):
            print(layer.name)
"""


class ExportFailed(RuntimeError):
    """The file does not do what the trained network did; nothing was left behind."""


def check_reloaded(
    model: Path, backend: str, films: NDArray[Any], expected: NDArray[np.float32], folder: Path
) -> None:
    """films: (N, S, S, 1) uint8, or (N, D) float32 vectors of them; expected: (N,) what the network predicts, NaN for
    films that it was not given; about CHECKED of the others are compared. folder: for films and predictions. Raises
    ExportFailed unless a fresh process gets the same predictions out of the file, and dropout that acts in
    training."""
    given, got = folder / "films.npy", folder / "predictions.npy"
    compared = some_films(expected)
    np.save(given, films[compared])
    command = [sys.executable, "-c", RELOAD, str(model), str(given), str(got)]
    variables = {**environment(backend), "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, capture_output=True, text=True, env=variables, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise ExportFailed(f"the exported file cannot be loaded: {lines[-1]}")
    if asleep := done.stdout.split():
        raise ExportFailed(f"the exported file's dropout is asleep in training: {', '.join(asleep)}")
    reloaded = np.load(got)
    if differs(reloaded, expected[compared]):
        worst = float(np.max(np.abs(reloaded - expected[compared])))
        raise ExportFailed(
            f"the exported file predicts something else than the trained network, by up to {worst:.3g}"
        )


def some_films(expected: NDArray[np.float32]) -> NDArray[np.intp]:
    """About CHECKED of those, by their number, of which it is known what the network predicts."""
    known = np.flatnonzero(np.isfinite(expected))
    return known[:: max(1, len(known) // CHECKED)]


def differs(found: NDArray[np.float32], expected: NDArray[np.float32], alike: float = 1e-4) -> bool:
    """Whether it is another network. Batches of another size are added up in another order: equal to about six
    digits, no more. alike: the largest difference of the same one, absolute and relative together."""
    return not np.allclose(found, expected, rtol=alike, atol=alike)
