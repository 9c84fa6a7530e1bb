"""Transfer learning: a pretrained backbone, a head on its features, then fine-tuning of the backbone's last layers.

python cli.py search --task gender --space transfer --weights imagenet --trials 20
python cli.py search --task age --space transfer --weights best_gender.h5

The head is trained first, on the frozen backbone's features, which are computed once and kept on disk; then, where a
recipe unfreezes something, the whole network is trained on films from there (linear probe, then fine-tune: Kumar et
al. 2022, arXiv 2202.10054). A recipe that unfreezes nothing costs seconds. `build` makes the architecture with random
weights; whoever trains it puts in the weights that `--weights` names.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from search_spaces._augment import VIEWS, AugmentRecipe, augment_params, sample_augment
from search_spaces._backbones import BACKBONES
from search_spaces._fit import FitRecipe, fit_params, sample_fit
from search_spaces._hyperparameters import Hyperparameters
from search_spaces._space import Footprint, Shape, Space, Stage
from xrays.tasks import Task

if TYPE_CHECKING:
    import keras
    from keras import KerasTensor

PROBE_SHARE = 1 / 3  # of the epochs, for the head alone, where fine-tuning follows
# Adam moves every weight by about the rate, so one step moves the answer of a head on a thousand features by about a
# thousand rates: a tenth of what serves a small network from scratch.
HEAD_RATES = (1e-4, 1e-2)
# A fold of films is a few hundred steps: the momentum that a backbone was pretrained with (up to 0.999) would still
# remember the statistics of other pictures when it is over.
MOMENTUM = 0.9


@dataclass(frozen=True)
class TransferRecipe:
    """views: view policy of the cached features; width: of the head's dense layer, 0 for none; unfreeze: share of
    the backbone's layers that fine-tuning trains, from its end. `fit.learning_rate` is the head's; `augment` acts in
    fine-tuning only."""

    backbone: str
    views: str
    width: int
    dropout: float
    unfreeze: float
    fine_tune_rate: float
    augment: AugmentRecipe
    fit: FitRecipe

    def active(self, task: Task) -> dict[str, Any]:
        """See `Recipe.active`."""
        fields = {**asdict(self), "augment": self.augment.active(), "fit": self.fit.active(task)}
        idle = () if self.unfreeze else ("fine_tune_rate", "augment")
        return {name: value for name, value in fields.items() if name not in idle}


def sample(hp: Hyperparameters) -> TransferRecipe:
    """Asks for every field of the recipe by its name, then for augmentation and training."""
    return TransferRecipe(
        backbone=hp.choice("backbone", tuple(BACKBONES)),
        views=hp.choice("views", tuple(VIEWS)),
        width=hp.choice("width", (0, 64, 128, 256)),
        dropout=hp.real("dropout", 0.0, 0.6),
        unfreeze=hp.choice("unfreeze", (0.0, 0.1, 0.3, 1.0)),
        fine_tune_rate=hp.real("fine_tune_rate", 1e-5, 1e-3, log=True),
        augment=sample_augment(hp),
        fit=sample_fit(hp, rates=HEAD_RATES),
    )


def build(recipe: TransferRecipe, task: Task, shape: Shape) -> keras.Model:
    """The predictor with random weights. Frozen layers are not trainable, which for BatchNorm means that it also
    keeps its statistics."""
    import keras
    from keras import layers

    from search_spaces._backbones import attach, backbone_layers

    row = BACKBONES[recipe.backbone]
    inputs = keras.Input(shape, name="film")
    features = layers.GlobalAveragePooling2D(name="pool")(attach(inputs, row))
    model = keras.Model(inputs, _head(features, recipe, task), name="transfer")
    held = backbone_layers(model, row)
    frozen = len(held) - round(recipe.unfreeze * len(held))
    for number, layer in enumerate(held):
        layer.trainable = number >= frozen
        if layer.trainable and isinstance(layer, layers.BatchNormalization):
            layer.momentum = MOMENTUM
    return model


def build_head(recipe: TransferRecipe, task: Task) -> keras.Model:
    """The head alone: (None, features) to (None, 1)."""
    import keras

    features = keras.Input((BACKBONES[recipe.backbone].features,), name="features")
    return keras.Model(features, _head(features, recipe, task), name="head")


def _head(x: KerasTensor, recipe: TransferRecipe, task: Task) -> KerasTensor:
    """Features of different backbones differ in scale by orders of magnitude: they are standardised by a BatchNorm
    without scale and offset of its own, so that one range of learning rates serves all (He et al. 2022,
    arXiv 2111.06377, appendix A.1)."""
    from keras import layers

    from search_spaces._layers import output

    x = layers.BatchNormalization(momentum=MOMENTUM, center=False, scale=False, name="standardise")(x)
    if recipe.width:
        x = layers.Dense(recipe.width, activation="relu", name="dense")(x)
    x = layers.Dropout(recipe.dropout, name="dropout")(x)
    # From zeros: random weights on a thousand features would begin with answers that are noise, decades off.
    return output(x, task, "zeros")


def stages(recipe: TransferRecipe) -> tuple[Stage, ...]:
    """The head on features alone, or that for PROBE_SHARE of the epochs and then the whole network on films."""
    head = recipe.fit.learning_rate
    if not recipe.unfreeze:
        return (Stage("probe", "features", 1.0, head),)
    return (
        Stage("probe", "features", PROBE_SHARE, head),
        Stage("fine-tune", "films", 1 - PROBE_SHARE, recipe.fine_tune_rate),
    )


def footprint(recipe: TransferRecipe, shape: Shape) -> Footprint:
    """Where only a part is unfrozen, `trained` and `activations` are those of the whole network: an
    upper bound."""
    row, head = BACKBONES[recipe.backbone], head_footprint(recipe)
    parameters = row.parameters + head.parameters
    if not recipe.unfreeze:
        return replace(head, parameters=parameters)
    area = (shape[0] / 224) ** 2
    activations = round(row.activations * area)
    return Footprint(
        parameters,
        row.parameters + head.trained,
        activations + head.activations,
        round(row.multiply_adds * area) + head.multiply_adds,
        recipe.unfreeze,
        # Most of a backbone are convolutions with a batch normalisation and a relu each.
        normalised=activations // 3,
        activated=activations // 3,
        layers=row.layers,
    )


def head_footprint(recipe: TransferRecipe) -> Footprint:
    """Of the head alone, on features."""
    features = BACKBONES[recipe.backbone].features
    widths = [features, *([recipe.width] if recipe.width else []), 1]
    trained = sum((before + 1) * after for before, after in pairwise(widths))
    return Footprint(
        trained + 2 * features,  # with the mean and variance of every feature
        trained,
        3 * features + 2 * recipe.width + 1,  # with what standardising and dropout put out
        sum(before * after for before, after in pairwise(widths)),
    )


SPACE = Space(
    "transfer",
    "Pretrained backbone",
    sample,
    build,
    footprint,
    first={
        "backbone": "densenet121",
        "views": "standard",
        "width": 0,
        "dropout": 0.2,
        "unfreeze": 0.0,
        "fine_tune_rate": 1e-4,
        **augment_params(AugmentRecipe()),
        **fit_params(FitRecipe(learning_rate=1e-3)),
    },
    stages=stages,
    build_head=build_head,
    head_footprint=head_footprint,
)
