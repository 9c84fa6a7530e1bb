"""The record of an evaluation beside the films: whoever looks at a score may choose by it, as with a hold-out.

check_log(arrays)                                   # before anything is asked
openings, looked_at = recorded(card, arrays, rows)  # before any score is known
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runners._models.openings import opened_in_others, record_opening, unrecordable
from trials.films import Films
from trials.openings import LOG
from xrays.arrays import XrayArrays
from xrays.assignment import HOLD_OUT, UNUSED
from xrays.errors import UserError


def check_log(arrays: XrayArrays) -> None:
    """Raises UserError where it could not be written."""
    try:
        with (arrays.path / LOG).open("ab"):
            return
    except OSError as error:
        raise UserError(
            f"no score without a record: {unrecordable(arrays, error)}", "a folder that can be written", "--data DIR"
        ) from None


def recorded(card: Mapping[str, Any], arrays: XrayArrays, rows: NDArray[np.intp]) -> tuple[int, int]:
    """Writes down that these films are looked at, as a hold-out's opening is: what comes of it may decide what is
    done with model or films. Returns how often they were, this time included, and how many of them among others."""
    assignment = np.full((1, len(arrays.ids)), UNUSED, np.int8)
    assignment[:, rows] = HOLD_OUT
    films, held = Films(arrays.ids, arrays.groups, arrays.labels, assignment), assignment[0] == HOLD_OUT
    what = {
        "opened": datetime.now(UTC).isoformat(timespec="seconds"),
        "run": card["run"],
        "trial": card["trial"],
        "task": card["task"],
        "evaluated": card["model_sha256"],
    }
    before = opened_in_others(arrays, films, held, card["task"])
    prints = arrays.fingerprints()[rows]
    return record_opening(arrays, films.hold_out_fingerprint(), prints, what), before
