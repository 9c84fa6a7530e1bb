"""Networks of the space `cnn` there and back, once each, in a process of its own, which may die of one.

Step by step without a graph, an optimizer and Keras's loop: the kernels are the same, and it costs less than half.
With a shortcut that ended processes, 7 of 60 networks did so with a graph and without.

for change, ending in deaths(changes): …        # [({"filters": 8, …}, "SIGABRT: free(): invalid pointer")]
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from warm import program

SIDE, FILMS = 64, 8
Change = Mapping[str, Any]


def deaths(changes: Sequence[Change]) -> list[tuple[Change, str]]:
    """Those that ended the process that stepped them, and how. The others are stepped in the next process."""
    found, left = [], list(changes)
    while left:
        done = program("import stepped; stepped.main()", json.dumps(left))
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
    """Of that process. Its argument: a list of changes of the first configuration, as JSON."""
    import keras
    import numpy as np
    import tensorflow as tf

    from search_spaces._hyperparameters import Fixed
    from search_spaces.cnn import SPACE, build, sample
    from xrays.tasks import TASKS

    rng = np.random.default_rng(0)
    films = rng.random((FILMS, SIDE, SIDE, 1), dtype=np.float32)
    ages = rng.uniform(20, 90, (FILMS, 1)).astype(np.float32)
    for change in json.loads(sys.argv[1]):
        network = build(sample(Fixed({**SPACE.first, **change})), TASKS["age"], (SIDE, SIDE, 1))
        with tf.GradientTape() as tape:
            error = tf.reduce_mean(tf.abs(network(films, training=True) - ages))
        gradients = tape.gradient(error, [variable.value for variable in network.trainable_variables])
        assert all(np.isfinite(each).all() for each in (error, *gradients))
        print("stepped", flush=True)
        keras.utils.clear_session(free_memory=False)
