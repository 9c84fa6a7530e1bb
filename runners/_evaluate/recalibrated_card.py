"""The card of a model that was put right: that of the model before it, and what was done since, the latest last.

card = recalibrated_card(material, evaluated, done, calibration, digest)
card["recalibrated"][-1]["rest"]["after"]        # its figures on the films that did not recalibrate it

Whatever else the card has of scores is of the model before. A model may be put right again: its card has all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runners._inputs.lineage import films_trained_on
from runners._models.promises import calibration_record, kept, kept_by_patient, scored
from trials.evaluated import Evaluated, Recalibrated
from trials.lineage import SeenFilms
from xrays.arrays import XrayArrays
from xrays.patients import whose
from xrays.statistics.calibration import Calibration
from xrays.statistics.conformal import Around

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


def recalibrated_card(
    material: Material, evaluated: Evaluated, done: Recalibrated, calibration: Calibration | None, digest: str
) -> dict[str, Any]:
    """JSON scalars, lists and dicts. calibration: what is done to the answers of before; digest: of the file."""
    card, used = material.card, np.zeros(len(material.taken), np.bool_)
    used[material.rows[done.local]] = True
    before, after = evaluated.rest(done)
    of, rest = whose(evaluated.groups[done.local]), whose(after.groups)
    step = {
        "from": evaluated.digest,
        "model": evaluated.model,
        "data": evaluated.data,
        "pixels": evaluated.pixels,
        "films": of.films,
        "patients": of.groups,
        "what": done.what,
        "calibration": calibration_record(calibration),
        "promised_before": {name: card.get(name) for name in ("around", "around_patient")},
        "rest": {"films": rest.films, "patients": rest.groups, "before": _figures(before), "after": _figures(after)},
        "note": BEFORE,
    }
    earlier = card.get("recalibrated")
    return {
        **card,
        "model_sha256": digest,
        "synthetic": evaluated.synthetic,
        "formats": [],  # files of the network as it was
        "around": _record(done.around),
        "around_patient": _record(done.around_patient),
        "recalibrated": [*(earlier if isinstance(earlier, list) else []), step],
        "films_seen": (material.seen | films_trained_on(material.arrays, used)).to_json(),
    }


def _figures(rest: Evaluated) -> dict[str, Any]:
    """As `hold_out` has them."""
    task, told = rest.task, (rest.truth, rest.answers, rest.groups)
    return {
        **scored(task, *told),
        **kept(task, rest.around, *told),
        "kept_by_patient": kept_by_patient(task, rest.around, rest.around_patient, *told),
    }


def _record(around: Around | None) -> dict[str, Any] | None:
    return None if around is None else asdict(around)
