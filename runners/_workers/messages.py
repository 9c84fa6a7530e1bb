"""What driver and worker say to each other. Plain values: they go through a pipe or over a network.

Driver to worker: Setup (once), Measure, Rate, Train, Refit, Write, Join, and after every Epoch a Verdict.
Worker to driver: Ready, Busy, Measured, Rated, Epoch, FoldDone, Written, Raised.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runners._inputs.weights import Weights
from trials.experiment import Experiment
from trials.records import Failure, FoldScore, Trial
from xrays.statistics.blend import Blend

HELD = 2**31  # bytes of films that a graphics card keeps for a worker where nothing is known of its memory


@dataclass(frozen=True)
class Setup:
    """What a worker needs to know once. assignment: (R, N), see xrays/assignment.py; threads: cores that are its own;
    cache_limit: bytes that cached features may take beside the films; held: bytes of films and features that its
    graphics card may keep."""

    arrays: Path
    assignment: NDArray[np.int8]
    experiment: Experiment
    threads: int
    weights: Weights
    cache_limit: int
    held: int = HELD


@dataclass(frozen=True)
class Job:
    """A configuration to build. Messages of the same trial and seed share one compiled network. seed: of training,
    None for the experiment's."""

    trial: Trial
    seed: int | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class Measure(Job):
    """Build the trial's networks and time one step of each."""


@dataclass(frozen=True)
class Rate(Job):
    """Train the trial's network in each of these precisions for a moment. A worker is asked for one trial only, and
    first for all precisions that it will be asked for."""

    precisions: tuple[str, ...]


@dataclass(frozen=True)
class Train(Job):
    """Train on all folds but one, and score on that one. network: whether what was trained is sent back, too."""

    fold: int
    network: bool = False


@dataclass(frozen=True)
class Refit(Job):
    """Train on all development films, write the predictor to `target`, predict the hold-out."""

    target: Path


@dataclass(frozen=True)
class Write(Job):
    """Write the predictor with these arrays, as `trials/networks.py` keeps them, to `target`, and predict as after a
    refit. network: none for one that nobody has trained."""

    network: tuple[NDArray[np.float32], ...]
    target: Path


@dataclass(frozen=True)
class Join(Job):
    """Write one predictor to `target` that answers as the predictors in these files do together, and predict as after
    a refit. trial: one of theirs."""

    blend: Blend
    files: tuple[Path, ...]
    target: Path


@dataclass(frozen=True)
class Verdict:
    """After an epoch: whether the fold is trained on."""

    go: bool


@dataclass(frozen=True)
class Ready:
    """The worker has loaded. device: what it trains on, for the user."""

    device: str


@dataclass(frozen=True)
class Preemption:
    """The slot has given its place to another one and waits for the next. Said by a cluster, not by a worker."""


@dataclass(frozen=True)
class Busy:
    """How far something is that takes long and is no epoch: `features of densenet121`. Until it is done no time of
    the fold passes."""

    what: str
    done: int
    total: int


@dataclass(frozen=True)
class StageCost:
    """step_seconds: one training step after the first; score_seconds: one scoring of a fold; steps: in an epoch."""

    name: str
    epochs: int
    steps: int
    step_seconds: float
    score_seconds: float


@dataclass(frozen=True)
class Measured:
    """build_seconds: making and tracing the networks, once a trial; feature_seconds: computing features that are not
    cached yet, once for all trials."""

    stages: tuple[StageCost, ...]
    build_seconds: float
    feature_seconds: float = 0.0

    @property
    def fold_seconds(self) -> float:
        """Training and scoring one."""
        return sum(stage.epochs * (stage.steps * stage.step_seconds + stage.score_seconds) for stage in self.stages)

    def trial_seconds(self, folds: int) -> float:
        """What the trial takes when it is not stopped early."""
        return self.build_seconds + self.feature_seconds + folds * self.fold_seconds


@dataclass(frozen=True)
class Rated:
    """films: that are trained on in a second, by precision; of_processor: in a second of the processor, which is the
    same while others use it."""

    films: Mapping[str, float]
    of_processor: Mapping[str, float]


@dataclass(frozen=True)
class Epoch:
    """After epoch `epoch` (1-based): the objective on the scored fold; NaN when none is scored."""

    epoch: int
    value: float
    loss: float


@dataclass(frozen=True)
class FoldDone:
    """predictions: (N,) float32, NaN outside of the scored fold; network: the arrays of what was trained, as
    `trials/networks.py` keeps them, where they were asked for and the fold was trained to its end; compiling: seconds
    of the fold's that its networks took to be made."""

    score: FoldScore
    predictions: NDArray[np.float32]
    network: tuple[NDArray[np.float32], ...] = ()
    compiling: float = 0.0


@dataclass(frozen=True)
class Written:
    """A predictor is in its file. predictions: (N,) float32 of the hold-out as it gave them in memory, NaN elsewhere;
    of some other films where none of the hold-out has the label. seconds: that it took, with training; ms_per_film:
    milliseconds of inference a film, of many at once."""

    predictions: NDArray[np.float32]
    parameters: int
    seconds: float
    ms_per_film: float
    versions: Mapping[str, str]


@dataclass(frozen=True)
class Raised:
    """The job ended in an error: its class and first line, the traceback for the log, and what kind of error."""

    reason: str
    traceback: str
    failure: Failure


Reply = Ready | Preemption | Busy | Measured | Rated | Epoch | FoldDone | Written | Raised
