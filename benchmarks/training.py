"""How fast a search trains now, against before: films a second of all its workers, all arms in one run.

    python benchmarks/training.py [--size 64] [--filters 16] [--batch 32] [--rounds 5] [--precision mixed]
    python benchmarks/training.py --backend jax --batch 256 --workers 4

    now       an epoch a call, batch normalisation in one kernel, all weights stepped at once, in --precision
    float32   the same in float32
    before    as of commit 00824c3: a call of the backend a step, Keras's layers and optimizers, in float32
    bare      Keras's `fit` on floats in memory
    steps     the graph of `now` without all that is around its steps: one batch over and over, see _steps.py

Each arm has as many processes as a search starts, with as many threads; they train at the same time, the arms in
turns. Networks, augmentation and number of steps are the same; films are read from a memory map as in a search. By
the clock, and by the processor's seconds, which say as much on a machine that others use, too. On a GPU all processes
share it, and the clock alone counts.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.util import find_spec
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np

from runners._search.place import SHARING
from runners._workers.main import set_environment
from search_spaces import load_space
from search_spaces._augment import recipe_of
from xrays.cores import usable_cores
from xrays.tasks import TASKS

EPOCHS, FILMS = 3, 512
ARMS = ("now", "float32", "before", "bare", "steps")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--filters", type=int, default=16)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=min(SHARING, usable_cores()))
    parser.add_argument("--precision", default="mixed", help="of the arms `now` and `steps`")
    parser.add_argument("--backend", default="tensorflow", choices=("tensorflow", "jax"))
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=ARMS)
    options = parser.parse_args()
    if options.batch > FILMS:
        parser.error(f"--batch {options.batch}: there are {FILMS} films")
    if find_spec(options.backend) is None:
        parser.error(f"--backend {options.backend} is not installed here: pip install {options.backend}")
    rng = np.random.default_rng(0)
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        options.images = Path(folder) / "images.npy"
        shape = (FILMS, options.size, options.size, 1)
        np.save(options.images, rng.integers(0, 256, shape, dtype=np.uint8))
        crews: dict[str, list[Connection]] = {}
        for arm in options.arms:
            crews[arm] = []
            for _ in range(options.workers):
                ours, theirs = context.Pipe()
                context.Process(target=train, args=(theirs, arm, options), daemon=True).start()
                crews[arm].append(ours)
        taken: dict[str, list[tuple[float, float]]] = {arm: [] for arm in crews}
        for crew in crews.values():
            together(crew)  # traces all graphs
        for _ in range(options.rounds):
            for arm, crew in crews.items():
                taken[arm].append(together(crew))
            print("films/s  ", "   ".join(f"{arm} {rate(own[-1][0], options):6.0f}" for arm, own in taken.items()))
    print(f"{options.size} px, {options.workers} workers, medians of {options.rounds} rounds")
    for arm, own in taken.items():
        films = statistics.median(rate(seconds, options) for seconds, _ in own)
        against = [f", {ratio(own, taken[other])} {other}" for other in ("before", "steps") if other in taken]
        print(f"{arm:8} {films:6.0f} films/s{''.join(against)}")


def ratio(own: Sequence[tuple[float, float]], others: Sequence[tuple[float, float]]) -> str:
    """How many times as fast, the median over the rounds, by the clock and by the processor's seconds."""
    clock, processor = (
        statistics.median(theirs[by] / ours[by] for ours, theirs in zip(own, others, strict=True)) for by in (0, 1)
    )
    return f"{clock:.2f}× (processor {processor:.2f}×)"


def rate(seconds: float, options: argparse.Namespace) -> float:
    """Films a second of all workers."""
    return float(options.workers * EPOCHS * FILMS / seconds)


def together(crew: list[Connection]) -> tuple[float, float]:
    """Seconds by the clock until the last of them has trained, and of the processor, all together."""
    begun = time.perf_counter()
    for worker in crew:
        worker.send(None)
    spent = sum(worker.recv() for worker in crew)
    return time.perf_counter() - begun, spent


def train(driver: Connection, arm: str, options: argparse.Namespace) -> None:
    """A process: trains whenever the driver says so, and answers with the processor's seconds that it took."""
    set_environment(max(1, usable_cores() // options.workers), None, options.backend)
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    turn = made(arm, options)
    with contextlib.suppress(EOFError):  # the driver has ended
        while True:
            driver.recv()
            begun = time.process_time()
            turn()
            driver.send(time.process_time() - begun)


def made(arm: str, options: argparse.Namespace) -> Callable[[], object]:
    """EPOCHS of training of this arm."""
    import keras
    from _in_keras import as_in_keras
    from _steps import bare_steps

    from runners._training import network, trainer
    from runners._training.devices import device_and_policy
    from runners._training.fused import fuse

    images = np.load(options.images, mmap_mode="r")
    labels = np.random.default_rng(0).uniform(20, 90, FILMS).astype(np.float32)
    keras.config.set_dtype_policy(device_and_policy(options.precision if arm in ("now", "steps") else "float32")[1])
    space = load_space("cnn")
    recipe = space.recipe({**space.first, "filters": options.filters, "batch_size": options.batch})
    recipe = replace(recipe, augment=recipe_of("combined", ("rotation", "contrast"), 0.5))
    films: Any = SimpleNamespace(images=images)
    as_before = arm in ("before", "bare")
    with (
        mock.patch.dict(network.LOOPS, clear=as_before),  # without a loop it is stepped
        mock.patch("runners._training.trainer.fuse", (lambda predictor: None) if as_before else fuse),
        as_in_keras() if as_before else contextlib.nullcontext(),
    ):
        made = trainer.Trainer(
            space, recipe, TASKS["age"], films, steps=FILMS // options.batch, epochs=EPOCHS, seed=0, trial=0
        )
        built = made.network(made.parts[0])
    if arm == "steps":
        batch = slice(options.batch)
        return bare_steps(built.model, images[batch], labels[batch, None], EPOCHS * made.steps)
    if arm == "bare":
        floats, model = images.astype(np.float32) / 255, _bare(built.model, made)
        return lambda: model.fit(floats, labels[:, None], batch_size=options.batch, epochs=EPOCHS, verbose=0)
    return lambda: made.fit(labels, np.arange(FILMS), fold=0, watch=lambda epoch, loss: True)


def _bare(ours: Any, trainer: Any) -> Any:
    """The same layers without the step from uint8, compiled anew."""
    import keras
    from _in_keras import as_in_keras

    from runners._training.optimizers import make_optimizer

    predictor = trainer.predictor()
    model = keras.models.clone_model(predictor)
    films = keras.Input(predictor.input_shape[1:])
    x = films
    for layer in ours.layers[2:-1]:  # without input, scaling and predictor: the augmentation
        x = layer(x)
    bare = keras.Model(films, model(x))
    part = trainer.parts[0]
    with as_in_keras():
        optimizer = make_optimizer(trainer.recipe.fit, part.stage.learning_rate, trainer.steps * EPOCHS)
    bare.compile(optimizer, ours.loss)
    return bare


if __name__ == "__main__":
    main()
