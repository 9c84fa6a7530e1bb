"""A model put right on films of the place where it is used: how many it takes, and the file that comes of it.

fits = fits_of(Path("best_age.h5"), task)
steps = steps_of(evaluated, fits)                                # what 25, 50, 100, … films are good for
write_recalibrated(Material(…), 100, fits, evaluated)            # best_age-for-b.h5 and its card
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runners._backend import backend_of_keras
from runners._inputs.lineage import films_trained_on
from runners._models.opened import opened
from runners._models.promises import calibration_record
from runners._models.reload import CHECKED, check_reloaded
from runners._models.scratch import scratch_folder
from runners._training.portable import save_portable
from trials.evaluated import Evaluated, Recalibrated
from trials.files import write_atomically
from trials.lineage import SeenFilms
from xrays.arrays import XrayArrays
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
from xrays.statistics.recalibration import Step, gained, mend, some_films
from xrays.strict_json import as_json
from xrays.tasks import Task

BEFORE = "cross_validation, hold_out, subgroups and what else the card has of scores are of the model before it"


@dataclass(frozen=True)
class Material:
    """model: its file, with its card; target: the file to be written; taken: what it takes, (N, …), in whose rows
    (n,) the evaluated films are; seen: the films that it has seen."""

    model: Path
    card: Mapping[str, Any]
    target: Path
    arrays: XrayArrays
    taken: NDArray[Any]
    rows: NDArray[np.intp]
    seen: SeenFilms


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
    answers, around = mended.of(evaluated.answers), mended.around or evaluated.around
    with scratch_folder(material.target.parent, ".evaluate-") as folder:
        file = folder / material.target.name
        _write(material.model, mended.calibration, task, file)
        some = np.arange(0, len(answers), max(1, len(answers) // CHECKED))
        films_of = np.asarray(material.taken[material.rows[some]])
        check_reloaded(file, backend_of_keras(), films_of, answers[some].astype(np.float32), folder)
        said = words(mended.calibration, task)
        used = material.rows[local]
        about: dict[str, Any] = {
            "model_sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
            "formats": [],  # files of the network as it was
            "around": None if around is None else asdict(around),
            "around_patient": None,  # that of before is of other answers
            "calibration": calibration_record(mended.calibration),
            "recalibrated": {
                "from": evaluated.digest,
                "data": evaluated.data,
                "films": len(used),
                "patients": len(np.unique(groups[local])),
                "what": said,
                "note": BEFORE,
            },
            "films_seen": (
                material.seen | films_trained_on(material.arrays, np.isin(np.arange(len(material.taken)), used))
            ).to_json(),
        }
        write_atomically(material.target.with_suffix(".json"), as_json({**material.card, **about}, indent=1).encode())
        file.replace(material.target)
    return Recalibrated(material.target.name, local, answers, around, said)


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
