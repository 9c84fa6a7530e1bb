"""Custom CNN: blocks of Conv2D, MaxPooling, BatchNorm, ReLU; a pooled head with one dense layer.

python cli.py search --task gender --space cnn --trials 20
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from search_spaces._augment import AugmentRecipe, augment_params, sample_augment
from search_spaces._fit import FitRecipe, fit_params, sample_fit
from search_spaces._space import Hyperparameters, Space
from xrays.tasks import Task

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class CnnRecipe:
    """depth: number of blocks; block i has filters × growth^i filters; head: how the last map becomes a vector."""

    depth: int
    filters: int
    growth: float
    kernel: int
    head: str
    dense: int
    dropout: float
    augment: AugmentRecipe
    fit: FitRecipe


def sample(hp: Hyperparameters) -> CnnRecipe:
    return CnnRecipe(
        depth=hp.integer("depth", 2, 5),
        filters=hp.choice("filters", (8, 16, 24, 32)),
        growth=hp.choice("growth", (1.0, 1.5, 2.0)),
        kernel=hp.choice("kernel", (3, 5)),
        head=hp.choice("head", ("average", "max", "flatten")),
        dense=hp.choice("dense", (32, 64, 128, 256)),
        dropout=hp.real("dropout", 0.0, 0.6),
        augment=sample_augment(hp),
        fit=sample_fit(hp),
    )


def build(recipe: CnnRecipe, task: Task, shape: tuple[int, int, int]) -> keras.Model:
    """The untrained predictor; a block that would pool a map of one pixel keeps it instead."""
    import keras
    from keras import layers

    from search_spaces._layers import output

    inputs = keras.Input(shape, name="film")
    x = inputs
    for block in range(recipe.depth):
        filters = max(1, round(recipe.filters * recipe.growth**block))
        x = layers.Conv2D(filters, recipe.kernel, padding="same", name=f"conv_{block}")(x)
        if min(x.shape[1:3]) > 1:
            x = layers.MaxPooling2D(name=f"pool_{block}")(x)
        # A fold is a few hundred steps: the usual momentum of 0.99 would still remember the initial statistics.
        x = layers.BatchNormalization(momentum=0.9, name=f"norm_{block}")(x)
        x = layers.ReLU(name=f"relu_{block}")(x)
    heads = {
        "average": layers.GlobalAveragePooling2D,
        "max": layers.GlobalMaxPooling2D,
        "flatten": layers.Flatten,
    }
    x = heads[recipe.head](name="head")(x)
    x = layers.Dense(recipe.dense, activation="relu", name="dense")(x)
    x = layers.Dropout(recipe.dropout, name="dropout")(x)
    return keras.Model(inputs, output(x, task), name="cnn")


SPACE = Space(
    "cnn",
    "Custom CNN",
    sample,
    build,
    first={
        "depth": 4,
        "filters": 16,
        "growth": 2.0,
        "kernel": 3,
        "head": "average",
        "dense": 64,
        "dropout": 0.2,
        **augment_params(AugmentRecipe()),
        **fit_params(FitRecipe()),
    },
)
