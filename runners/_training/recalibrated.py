"""A predictor whose answers are put right, in plain layers behind those that it has.

save_portable(recalibrated(Path("best_age.h5"), Line(0.8, 9.1), TASKS["age"]), Path("best_age-for-b.h5"))
"""

from __future__ import annotations

from pathlib import Path

import keras

from runners._training.joined import INSIDE, hinges, inside, joined
from xrays.statistics.blend import Blend
from xrays.statistics.calibration import Calibration, Isotonic
from xrays.tasks import Task


def recalibrated(file: Path, calibration: Calibration, task: Task) -> keras.Model:
    """file: of a predictor as `export` writes it. calibration: of what it answers; of a probability that has a line
    inside already, and thus no logit, another line. Raises ValueError for anything else of such a one."""
    model = keras.models.load_model(file, compile=False)
    if task.kind == "regression" or has_logit(model):
        return joined(Blend(calibration=calibration), [file], task)
    if not isinstance(calibration, Isotonic):
        raise ValueError(f"{file.name} has no logit that {calibration} could be of")
    film = keras.Input(model.inputs[0].shape[1:], dtype="float32", name="film")
    return keras.Model(film, hinges(inside(model, film, f"{INSIDE}0_", False), calibration, task.name))


def has_logit(model: keras.Model) -> bool:
    """Whether a probability comes of a sigmoid at the end."""
    return bool(model.layers[-1].get_config().get("activation") == "sigmoid")
