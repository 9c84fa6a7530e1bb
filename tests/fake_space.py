"""Spaces that build no network: what narrows, prices or draws from a space needs its parameters and their cost alone.

SPACE has parameters of every kind; `fake_space` makes another of a function that asks for some.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from search_spaces._hyperparameters import Hyperparameters, Scalar
from search_spaces._space import Footprint, Shape, Space


def _no_network(*_: object) -> Any:
    raise AssertionError("a fake space builds nothing")


def _least(recipe: Any, shape: Shape) -> Footprint:
    return Footprint(1, 1, 1)


def fake_space(
    sample: Callable[[Hyperparameters], Any],
    first: Mapping[str, Scalar],
    footprint: Callable[[Any, Shape], Footprint] = _least,
    label: str = "default",
) -> Space:
    """A space with these parameters, whose network cannot be built and costs what `footprint` says."""
    return Space("fake", "A space for tests", sample, _no_network, footprint, first=first, label=label)


@dataclass(frozen=True)
class FakeRecipe:
    depth: int
    width: int
    rate: float
    dropout: float
    activation: str
    batch_size: int
    growth: float
    flip: bool


def sample(hp: Hyperparameters) -> FakeRecipe:
    return FakeRecipe(
        depth=hp.integer("depth", 2, 5),
        width=hp.integer("width", 16, 70, step=16),  # 70 is not reached
        rate=hp.real("learning_rate", 2e-4, 1e-2, log=True),
        dropout=hp.real("dropout", 0.0, 0.6),
        activation=hp.choice("activation", ("relu", "swish", "gelu")),
        batch_size=hp.choice("batch_size", (16, 32, 64)),
        growth=hp.choice("growth", (1.0, 1.5, 2.0)),
        flip=hp.flag("augment_flip"),
    )


SPACE = fake_space(
    sample,
    first={
        "depth": 4,
        "width": 32,
        "learning_rate": 2e-3,
        "dropout": 0.2,
        "activation": "swish",
        "batch_size": 16,
        "growth": 2.0,
        "augment_flip": True,
    },
    label="original",
)
