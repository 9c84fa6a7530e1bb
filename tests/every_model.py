"""Every kind of layer that the spaces can put into a file, in as few and as small networks as hold them all.

for name, model in (*every_cnn(), *every_transfer(), *every_embedding(), *every_joined()): …

They look trained: no signal fades, no answer is constant. They are made once a process, since that takes longer than
what is asked of them: nobody changes one.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from shallow import shallow, worded

from search_spaces import load_space
from search_spaces._backbones import BACKBONES
from search_spaces._hyperparameters import Choice
from search_spaces._space import Space, domains
from xrays.moments import moments_of
from xrays.statistics.blend import Blend
from xrays.statistics.calibration import Isotonic, Line, Logistic, Temperature
from xrays.tasks import TASKS

SIDE = 16


@cache
def every_cnn() -> tuple[tuple[str, Any], ...]:
    """Blocks, normalisations and activations in all combinations; stems, poolings, heads and tasks by turns."""
    return tuple(_every_cnn())


def _every_cnn() -> Iterator[tuple[str, Any]]:
    space = load_space("cnn")
    stems, downsampling, heads, *kinds = (
        _options(space, name) for name in ("stem", "downsampling", "head", "residual", "normalisation", "activation")
    )
    first = replace(space.recipe(space.first), depth=2, filters=8, growth=1.5, dense=32)
    for number, (residual, normalisation, activation) in enumerate(product(*kinds)):
        recipe = replace(
            first,
            residual=residual,
            normalisation=normalisation,
            activation=activation,
            stem=stems[number // 2 % len(stems)],
            downsampling=downsampling[number % len(downsampling)],
            head=heads[number % len(heads)],
        )
        name = f"{number}_{normalisation}_{activation}_{recipe.stem}_{recipe.downsampling}_{recipe.head}"
        yield name, _alive(space, recipe, list(TASKS)[number % len(TASKS)], SIDE)


@cache
def some_cnn(task: str, seed: int = 3, **changes: Any) -> Any:
    """A small one, of another seed with other answers. changes: of its recipe."""
    space = load_space("cnn")
    recipe = replace(space.recipe(space.first), depth=2, filters=8, growth=1.0, dense=32, **changes)
    return _alive(space, recipe, task, SIDE, seed)


@cache
def every_joined() -> tuple[tuple[str, Any], ...]:
    """Several networks in one file, put together in every way, with every calibration."""
    with tempfile.TemporaryDirectory() as folder:
        return tuple(_every_joined(Path(folder)))


def _every_joined(folder: Path) -> Iterator[tuple[str, Any]]:
    from runners._training.joined import joined
    from runners._training.portable import save_portable

    files = {task: [folder / f"part_{task}_{seed}.h5" for seed in range(3)] for task in TASKS}
    for task, paths in files.items():
        for seed, path in enumerate(paths):
            save_portable(some_cnn(task, seed), path)
    kinds: dict[str, tuple[str, Blend]] = {
        "joined_mean": ("age", Blend((2, 1), (0.7, 0.3))),
        "joined_median": ("age", Blend((1, 1, 1), (0.4, 0.3, 0.3), "median")),
        "joined_cooled": ("gender", Blend((1, 2), (0.6, 0.4), "mean", Temperature(0.6))),
        "joined_steps": ("gender", Blend((1,), (1.0,), "mean", Isotonic((0.2, 0.5, 0.8), (0.1, 0.6, 0.7)))),
        "joined_line": ("age", Blend((1,), (1.0,), "mean", Line(0.9, 4.0))),
        "joined_logistic": ("gender", Blend((1,), (1.0,), "mean", Logistic(0.8, -0.3))),
    }
    for name, (task, blend) in kinds.items():
        yield name, joined(blend, files[task][: blend.networks], TASKS[task])


@cache
def every_transfer() -> tuple[tuple[str, Any], ...]:
    """Of every backbone so many layers that all that a file says of one is said, see shallow.py."""
    return tuple(_every_transfer())


def _every_transfer() -> Iterator[tuple[str, Any]]:
    space = load_space("transfer")
    first = space.recipe(space.first)
    for number, (name, row) in enumerate(BACKBONES.items()):
        recipe = replace(first, backbone=name, width=32 * (number % 2), unfreeze=0.3)
        with shallow(row, worded):
            yield name, _alive(space, recipe, list(TASKS)[number % len(TASKS)], max(32, row.smallest))


def every_embedding() -> Iterator[tuple[str, Any]]:
    """Every reduction, activations, numbers of layers and tasks by turns."""
    space = load_space("embedding")
    assert space.settle is not None
    vectors = np.random.default_rng(2).normal(3, 2, (40, 24)).astype(np.float32)
    activations = _options(space, "activation")
    first = replace(space.recipe(space.first), components=16, width=8)
    for number, reduction in enumerate(_options(space, "reduction")):
        recipe = replace(
            first, reduction=reduction, activation=activations[number % len(activations)], layers=number % 3
        )
        model = space.build(recipe, TASKS[list(TASKS)[number % len(TASKS)]], (24,))
        space.settle(recipe, model, moments_of(vectors))
        yield f"{number}_{reduction}", _answering(model)


def _options(space: Space, name: str) -> Sequence[Any]:
    """Of a parameter with options."""
    domain = domains(space)[name]
    assert isinstance(domain, Choice)
    return domain.options


def films(model: Any) -> Any:
    """(5, S, S, 1) uint8 of the model's size; as many small vectors, for a model on these."""
    return np.random.default_rng(0).integers(0, 256, (5, *model.input_shape[1:]), dtype=np.uint8)


def answers(model: Any) -> Any:
    """(5,) for these films, without a graph, which takes longer to make than all answers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a reopened file's network says that it would rather have a list of one
        return np.asarray(model(films(model).astype(np.float32) / 255, training=False))[:, 0]


def _alive(space: Space, recipe: Any, task: str, side: int, seed: int = 3) -> Any:
    """Untrained signals fade on their way, and a head that begins at zero answers the same whatever comes to it."""
    import keras

    from runners._training.extraction import settle

    keras.utils.set_random_seed(seed)
    model = space.build(recipe, TASKS[task], (side, side, 1))
    settle(model, seed=1)
    return _answering(model, seed)


def _answering(model: Any, seed: int = 1) -> Any:
    last = [layer for layer in model.layers if type(layer).__name__ == "Dense"][-1]
    kernel, bias = last.get_weights()
    last.set_weights([np.random.default_rng(seed).normal(0, 0.1, kernel.shape), bias])
    model.trainable = True
    return model
