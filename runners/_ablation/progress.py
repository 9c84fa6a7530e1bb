"""What of an ablation is still to be trained.

missing(store, pairs, batch_size=32, repeat=0)         # [Whole("as found", …), …], the pair first
"""

from __future__ import annotations

from collections.abc import Sequence

from runners._ablation.arms import Pair
from runners._ablation.repeats import seed_of
from runners._workers.parts import Whole, lacking
from trials.ablation import ArmPart, arm_parts
from trials.store import RunStore


def missing(store: RunStore, pairs: Sequence[Pair], batch_size: int, repeat: int, repeats: int = 1) -> list[Whole]:
    """What is still to be trained of a repeat, the pair first. Arms with equal configurations are one, under the name
    of the first. batch_size: of all arms, which differ in augmentation alone; repeats: of the whole ablation."""
    parts, folds = arm_parts(store.path), range(store.experiment.folds)
    times = f", repeat {repeat + 1} of {repeats}" if repeats > 1 else ""
    seed = seed_of(store.experiment, repeat)
    found: dict[str, Whole | None] = {}
    for arm, trial in pairs:
        if arm.configuration not in found:
            part = ArmPart(configuration=arm.configuration, repeat=repeat, seed=seed, fold=0, score=None)
            whole = Whole(f"{arm.name}{times}", trial, part, list(folds), batch_size)
            found[arm.configuration] = lacking(whole, parts)
    return [whole for whole in found.values() if whole]
