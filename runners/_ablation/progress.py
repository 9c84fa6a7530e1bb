"""How far the arms of an ablation are: what is on record of a repeat, and what of it is still to be trained.

missing(store, pairs, batch_size=32, repeat=0)         # [ArmProgress("as found", …), …], the pair first
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from runners._ablation.arms import Pair
from trials.ablation import arm_parts
from trials.records import CHANCE, Trial
from trials.store import RunStore


@dataclass
class ArmProgress:
    """A configuration that is trained, under the name of its first arm. trial: what its worker is sent; folds: still
    to be trained; batch_size: of its recipe; halved: whether there was no memory for a whole batch; times: `, repeat
    2 of 3`, empty where there is one."""

    arm: str
    configuration: str
    trial: Trial
    folds: list[int]
    batch_size: int
    times: str = ""
    halved: bool = False

    @property
    def name(self) -> str:
        """For the user."""
        return f"{self.arm}{self.times}"


def missing(
    store: RunStore, pairs: Sequence[Pair], batch_size: int, repeat: int, repeats: int = 1
) -> list[ArmProgress]:
    """What is still to be trained of a repeat, the pair first. Arms with equal configurations are one. batch_size: of
    all arms, which differ in augmentation alone; repeats: of the whole ablation."""
    parts = [part for part in arm_parts(store.path) if part.repeat == repeat]
    done = {(part.configuration, part.fold) for part in parts if part.score}
    halved = {part.configuration for part in parts if part.halved}
    # A configuration that diverged or raised does so again.
    hopeless = {part.configuration for part in parts if not part.score and part.failure not in CHANCE}
    times = f", repeat {repeat + 1} of {repeats}" if repeats > 1 else ""
    arms: dict[str, ArmProgress] = {}
    for arm, trial in pairs:
        key = arm.configuration
        folds = [fold for fold in range(store.experiment.folds) if (key, fold) not in done]
        if folds and key not in hopeless and key not in arms:
            whole = ArmProgress(arm.name, key, trial, folds, batch_size, times)
            arms[key] = in_half_batches(whole, folds) if key in halved else whole
    return list(arms.values())


def in_half_batches(arm: ArmProgress, folds: list[int]) -> ArmProgress:
    """The arm with these folds to train in two half batches a step."""
    return replace(arm, trial=replace(arm.trial, accumulation=2), folds=folds, halved=True)
