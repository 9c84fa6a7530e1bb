"""A model put right on films of the place where it is used: how many it takes, and the file that comes of it.

fits = fits_of(Path("best_age.h5"), task)
steps = steps_of(evaluated, fits)                                # what 25, 50, 100, … films are good for
write_recalibrated(Material(…), 100, fits, evaluated)            # best_age-for-b.h5 and its card
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runners._backend import backend_of_keras
from runners._evaluate.recalibrated_card import Material, recalibrated_card
from runners._models.cards import digest
from runners._models.opened import opened
from runners._models.reload import CHECKED, check_reloaded
from runners._models.scratch import scratch_folder
from runners._training.portable import save_portable
from trials.evaluated import Evaluated, Recalibrated
from trials.files import write_atomically
from xrays.errors import UserError
from xrays.patients import FEW
from xrays.statistics.calibration import (
    OF_LINES,
    OF_NUMBERS,
    OF_PROBABILITIES,
    Calibration,
    Fit,
    Isotonic,
    Line,
    Logistic,
    Temperature,
)
from xrays.statistics.conformal import LEVEL
from xrays.statistics.recalibration import Mended, Step, gained, mend, some_films
from xrays.strict_json import as_json
from xrays.tasks import Task


def fits_of(model: Path, task: Task) -> Mapping[str, Fit]:
    """What may be done to its answers."""
    if task.kind == "regression":
        return OF_NUMBERS
    network = opened(model)
    from runners._training.recalibrated import has_logit

    return OF_PROBABILITIES if has_logit(network) else OF_LINES


def steps_of(evaluated: Evaluated, fits: Mapping[str, Fit]) -> list[Step]:
    """What so many of these films are good for."""
    return gained(evaluated.truth, evaluated.answers, evaluated.groups, fits, evaluated.around)


def local_films(groups: NDArray[np.str_], films: int) -> NDArray[np.bool_]:
    """(n,) which are fitted on: so many at most, of whole patients; the others are left to be scored. groups: (n,).
    Raises UserError where too few patients are on either side."""
    local = some_films(groups, films, np.random.default_rng(0))
    for which, what in ((local, "fitted on"), (~local, "left to be scored")):
        if (patients := len(np.unique(groups[which]))) < FEW:
            most = f"--recalibrate N, of {len(groups):,} films"
            raise UserError(f"--recalibrate {films}: {patients} patients are {what}", f"{FEW} or more", most)
    return local


def write_recalibrated(
    material: Material, films: int, fits: Mapping[str, Fit], evaluated: Evaluated
) -> Recalibrated | None:
    """Writes model and card; None where nothing is better than the answers as they are. films: to be fitted on, see
    `local_films`. Raises ExportFailed when the reloaded file predicts something else."""
    task, groups = evaluated.task, evaluated.groups
    local = local_films(groups, films)
    level = evaluated.around.level if evaluated.around else LEVEL
    mended = mend(evaluated.truth[local], evaluated.answers[local], groups[local], fits, level)
    if mended.calibration is None and mended.around is None:
        return None
    done = _done(material.target.name, local, mended, evaluated)
    with scratch_folder(material.target.parent, ".evaluate-") as folder:
        file = folder / material.target.name
        _write(material.model, mended.calibration, task, file)
        some = np.arange(0, len(local), max(1, len(local) // CHECKED))
        films_of = np.asarray(material.taken[material.rows[some]])
        check_reloaded(file, backend_of_keras(), films_of, done.answers[some].astype(np.float32), folder)
        card = recalibrated_card(material, evaluated, done, mended.calibration, digest(file))
        write_atomically(material.target.with_suffix(".json"), as_json(card, indent=1).encode())
        file.replace(material.target)
    return done


def _done(name: str, local: NDArray[np.bool_], mended: Mended, evaluated: Evaluated) -> Recalibrated:
    """The intervals of other answers are no longer those of before; where there are none of their own, there are
    none."""
    as_they_are = evaluated.around if mended.calibration is None else None
    return Recalibrated(
        name,
        local,
        mended.of(evaluated.answers),
        mended.around or as_they_are,
        mended.around_patient,
        words(mended.calibration, evaluated.task),
    )


def _write(model: Path, calibration: Calibration | None, task: Task, file: Path) -> None:
    if calibration is None:  # the interval alone is another one
        file.write_bytes(model.read_bytes())
        return
    from runners._training.recalibrated import recalibrated

    save_portable(recalibrated(model, calibration, task), file)


def words(calibration: Calibration | None, task: Task) -> str:
    """What is done to an answer, for people."""
    match calibration:
        case None:
            return "answers stay as they are"
        case Line(factor, start):
            return f"{factor:.2f} × answer {start:+.{task.label.decimals}f} {task.unit}".strip()
        case Temperature(factor):
            return f"{factor:.2f} × log odds"
        case Logistic(factor, intercept):
            return f"{factor:.2f} × log odds {intercept:+.2f}"
        case Isotonic(at):
            return f"a rising line through {len(at)} points"
