"""Trains networks of the space `cnn` for one step each in a process of its own, which may die of one.

    for change, ending in deaths(changes): …        # [({"filters": 8, …}, "SIGABRT: free(): invalid pointer")]

As a program it takes changes of the first configuration as JSON on standard input, one a line.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SIDE, FILMS = 64, 8
Change = Mapping[str, Any]


def deaths(changes: Sequence[Change]) -> list[tuple[Change, str]]:
    """Those that ended the process that stepped them, and how. The others are stepped in the next process."""
    found, left = [], list(changes)
    environment = {
        **os.environ,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_NUM_INTRAOP_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "PYTHONPATH": str(ROOT),
    }
    while left:
        done = subprocess.run(
            [sys.executable, __file__],
            input="".join(json.dumps(change) + "\n" for change in left),
            env=environment,
            capture_output=True,
            text=True,
        )
        stepped = done.stdout.count("stepped")
        if done.returncode >= 0 and stepped < len(left):
            raise AssertionError(f"{left[stepped]}: {done.stderr[-2000:]}")
        if stepped < len(left):
            last = next(iter(done.stderr.strip().splitlines()[-1:]), "")
            found.append((left[stepped], f"{signal.Signals(-done.returncode).name}: {last}"))
            stepped += 1
        left = left[stepped:]
    return found


def main() -> None:
    import keras
    import numpy as np

    from search_spaces._hyperparameters import Fixed
    from search_spaces.cnn import SPACE, build, sample
    from xrays.tasks import TASKS

    rng = np.random.default_rng(0)
    films = rng.random((FILMS, SIDE, SIDE, 1), dtype=np.float32)
    ages = rng.uniform(20, 90, (FILMS, 1)).astype(np.float32)
    for line in sys.stdin:
        network = build(sample(Fixed({**SPACE.first, **json.loads(line)})), TASKS["age"], (SIDE, SIDE, 1))
        network.compile(keras.optimizers.SGD(1e-3), "mean_absolute_error")
        assert np.isfinite(network.train_on_batch(films, ages))
        print("stepped", flush=True)
        keras.utils.clear_session(free_memory=False)


if __name__ == "__main__":
    main()
