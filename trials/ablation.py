"""What augmentation was measured to do to a run's best configuration: the part of a run folder that `ablate` writes.

save_arms(run.path, trial=17, arms)               # which configurations are compared
save_part(run.path, part, predictions)            # a fold of one of them; survives a kill from here on
arms_of(run.path, trial=17), parts_of(run.path), predictions_of(run.path, part)

ablation.jsonl has a line for each; predictions lie in ablation/. Folds belong to a configuration, not to an arm: what
two arms or two winners have in common is trained once.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trials.files import append_line, write_atomically
from trials.kept import read_array, read_records
from trials.records import Failure, FoldScore
from xrays.strict_json import as_json

Kind = Literal["as found", "all off", "usual on", "without", "alone"]
FILE = "ablation.jsonl"


@dataclass(frozen=True)
class Arm:
    """One of the configurations that are compared. operation: the one that is off, or alone; "" where the kind says
    it all. configuration: digest of what is trained. operations: what is on, with its strength."""

    kind: Kind
    operation: str
    configuration: str
    operations: Mapping[str, float]

    @property
    def name(self) -> str:
        """For people: `without rotation`, `rotation alone`, or the kind where it says it all."""
        return {"without": f"without {self.operation}", "alone": f"{self.operation} alone"}.get(self.kind, self.kind)


@dataclass(frozen=True)
class Part:
    """A fold of a configuration. repeat: which seed and which folds, equal for all arms. score: None where training
    failed, then error and failure say why. halved: trained in two half batches a step, since there was no memory for
    a whole one; all folds of a configuration in a repeat are, or none."""

    configuration: str
    repeat: int
    seed: int
    fold: int
    score: FoldScore | None
    error: str = ""
    failure: Failure = ""
    halved: bool = False

    @property
    def key(self) -> tuple[str, int, int]:
        """configuration, repeat, fold: equal for parts that would be trained alike."""
        return self.configuration, self.repeat, self.fold


@dataclass(frozen=True)
class _Line:
    """Of ablation.jsonl: the arms around a trial, or a part."""

    what: Literal["arms", "part"]
    trial: int = -1
    arms: tuple[Arm, ...] = ()
    part: Part | None = None


def arms_of(run: Path, trial: int) -> list[Arm]:
    """The arms around a trial, the trial itself ("as found") first; empty when it was never ablated."""
    arms = [arm for line in _lines(run) if line.trial == trial for arm in line.arms]
    return list({(arm.kind, arm.operation): arm for arm in arms}.values())


def ablated(run: Path) -> list[int]:
    """Numbers of the trials that arms were made of, the latest last."""
    return list(dict.fromkeys(line.trial for line in reversed(_lines(run)) if line.arms))[::-1]


def save_arms(run: Path, trial: int, arms: Sequence[Arm]) -> None:
    """Those that are not on record yet."""
    known = arms_of(run, trial)
    if new := [asdict(arm) for arm in arms if arm not in known]:
        append_line(run / FILE, as_json({"what": "arms", "trial": trial, "arms": new}))


def parts_of(run: Path) -> list[Part]:
    """The latest of every fold, in the order in which they were first trained. Where a configuration began again in
    half batches, what was trained in whole ones counts no more."""
    every = [line.part for line in _lines(run) if line.part is not None]
    halved = {(part.configuration, part.repeat) for part in every if part.halved}
    latest = {part.key: part for part in every}.values()
    return [part for part in latest if part.halved or (part.configuration, part.repeat) not in halved]


def save_part(run: Path, part: Part, predictions: NDArray[np.float32] | None = None) -> None:
    """Predictions first: a line stands for a fold that is there in full. predictions: (N,) with NaN outside of the
    fold's films, None where training failed."""
    if predictions is not None:
        (run / "ablation").mkdir(exist_ok=True)
        content = io.BytesIO()
        np.save(content, predictions)
        write_atomically(_file(run, part), content.getvalue())
    append_line(run / FILE, as_json({"what": "part", "part": asdict(part)}))


def predictions_of(run: Path, part: Part, films: int) -> NDArray[np.float32] | None:
    """(N,) predictions of the fold's films, NaN elsewhere; None where there are none. films: N."""
    return read_array(_file(run, part), (films,))


def _file(run: Path, part: Part) -> Path:
    return run / "ablation" / f"{part.configuration}-{part.repeat}-{part.fold}.npy"


def _lines(run: Path) -> list[_Line]:
    return read_records(run / FILE, _Line)
