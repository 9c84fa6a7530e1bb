"""What a run has cost: hours of the clock and of processor cores, and what energy these may have taken.

    spent = spent_on(store, exported=310.0)
    spent["core_hours"], spent["kwh"]          # 4.2, [0.02, 0.07]

A fold says how long it took and on how many threads; nothing measures power. So energy is a range, from the thermal
design power of processors by their cores: a server's many cores share less of it each than a desktop's few. Memory,
disks, cooling and cores that wait are not in it, and of an accelerator nobody knows what it drew.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trials.ablation import arm_parts
from trials.clock import finished_at
from trials.parts import Part
from trials.records import FoldScore
from trials.seeds import seed_parts
from trials.store import RunStore

# Watts of a core: 280 W of the 64 cores of an AMD EPYC 7763, 125 W of the 8 of an Intel Core i7-11700K, as their
# makers state the thermal design power. Lannelongue, Grealey & Inouye (Advanced Science 2021,
# doi:10.1002/advs.202100707) count energy the same way.
WATTS = (4.4, 15.6)
ASSUMED = (
    f"estimated and not measured: core-hours at {WATTS[0]} W a core (a server's processor of 64 cores, 280 W) to "
    f"{WATTS[1]} W (a desktop's of 8, 125 W), the makers' thermal design power; without memory, disks, cooling and "
    "idle cores"
)
ACCELERATED = "not estimated: an accelerator took part, and what it drew is on no record"


def spent_on(store: RunStore, exported: float = 0.0) -> dict[str, Any]:
    """As a card has it. exported: seconds that export itself has trained. hours: of the clock until the last trial
    was over (trials/clock.py); worker_hours: of training, by what for, however many workers there were; core_hours:
    these times their threads, all of which are seldom busy; kwh: from and to, None where it cannot be said, for which
    `kwh_note` has the reason. Raises DamagedRun."""
    trials = store.trials()
    folds = {
        "baselines": [fold for baseline in store.baselines() for fold in baseline.folds],
        "trials": [fold for trial in trials for fold in trial.folds],
        "further seeds": _folds(seed_parts(store.path)),
        "ablation": _folds(arm_parts(store.path)),
    }
    every = [fold for alike in folds.values() for fold in alike]
    threads = max((fold.threads for fold in every), default=0)
    core_seconds = sum(fold.seconds * max(1, fold.threads) for fold in every) + exported * max(1, threads)
    worker_hours = {name: sum(fold.seconds for fold in alike) / 3600 for name, alike in folds.items()}
    worker_hours["export"] = exported / 3600
    accelerated = bool(_accelerators(store.provenance.device))
    core_hours = core_seconds / 3600
    return {
        "device": store.provenance.device,
        "begun": store.provenance.created,
        "ended": max((trial.finished for trial in trials), default=None),
        "hours": round(max(finished_at(store).values(), default=0.0) / 3600, 4),
        "worker_hours": {
            name: round(hours, 4) for name, hours in {**worker_hours, "export": exported / 3600}.items()
        },
        "threads": threads,
        "core_hours": round(core_hours, 4),
        "kwh": None if accelerated else [float(f"{core_hours * watts / 1000:.2g}") for watts in WATTS],
        "kwh_note": ACCELERATED if accelerated else ASSUMED,
    }


def _folds(parts: Sequence[Part]) -> list[FoldScore]:
    return [part.score for part in parts if part.score is not None]


def _accelerators(device: str) -> list[str]:
    """What stands after machine and cores."""
    return device.split(", ")[2:]
