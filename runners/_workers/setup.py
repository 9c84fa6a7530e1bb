"""What workers are told once, made in one place for whatever trains.

setup = setup_of(arrays.path, plan.assignment, experiment, weights, cache_limit=10**10)
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runners._inputs.weights import NO_WEIGHTS, Weights
from runners._workers.messages import Setup
from trials.experiment import Experiment
from xrays.cores import usable_cores


def setup_of(
    arrays: Path,
    assignment: NDArray[np.int8],
    experiment: Experiment,
    weights: Weights = NO_WEIGHTS,
    cache_limit: int = 0,
    threads: int = 0,
) -> Setup:
    """arrays: the prepared folder; assignment: (R, N), see xrays/assignment.py; weights: NO_WEIGHTS for a space that
    takes none; cache_limit: bytes that cached features may take, 0 where none are kept; threads: to be shared by all
    workers, 0 for as many as there are usable cores."""
    return Setup(arrays.resolve(), assignment, experiment, threads or usable_cores(), weights, cache_limit)
