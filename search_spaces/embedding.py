"""A head on vectors that another model has made of the films: RAD-DINO, MedSigLIP, CXR Foundation, torchxrayvision.

python cli.py prepare DIR --size 64 --features rad-dino.npz
python cli.py search --task age --space embedding --trials 50

Vectors of different models differ in scale by orders of magnitude and in how much of them is noise, so that a head
begins with a reduction: each number by its own mean and deviation, all of them on one scale, or their principal
components, as they are or each on its own scale. It is computed from the films that a fold trains on, and is part of
the exported network. A head without layers is a linear model. A trial takes seconds.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from search_spaces._augment import AugmentRecipe
from search_spaces._fit import FitRecipe, fit_params, sample_fit
from search_spaces._hyperparameters import Hyperparameters
from search_spaces._space import Footprint, Shape, Space, Stage
from xrays.tasks import Task

if TYPE_CHECKING:
    import keras
    from keras import KerasTensor

    from xrays.moments import Moments

REDUCTIONS = ("none", "standardise", "scale", "pca", "whiten")
COMPONENTS = (16, 32, 64, 128, 256)
RATES = (1e-4, 1e-2)
# Added to a variance, which of numbers of a vector of length 1 is about 1e-3.
TINY = 1e-12


@dataclass(frozen=True)
class EmbeddingRecipe:
    """reduction: one of REDUCTIONS; components: of `pca` and `whiten`, at most as many as a vector has numbers;
    input_dropout: share of what the reduction gives that training leaves out; layers, width, activation, dropout: of
    the dense layers before the answer."""

    reduction: str
    components: int
    input_dropout: float
    layers: int
    width: int
    activation: str
    dropout: float
    fit: FitRecipe

    @property
    def augment(self) -> AugmentRecipe:
        """None: vectors are not changed."""
        return AugmentRecipe()

    @property
    def projects(self) -> bool:
        """Whether principal components are taken."""
        return self.reduction in ("pca", "whiten")

    def active(self, task: Task) -> dict[str, Any]:
        """See `Recipe.active`."""
        fields = {**asdict(self), "fit": self.fit.active(task)}
        idle = {"components"} if not self.projects else set()
        if not self.layers:
            idle |= {"width", "activation", "dropout"}
        return {name: value for name, value in fields.items() if name not in idle}


def sample(hp: Hyperparameters) -> EmbeddingRecipe:
    """Asks for every field of the recipe by its name, then for training."""
    return EmbeddingRecipe(
        reduction=hp.choice("reduction", REDUCTIONS),
        components=hp.choice("components", COMPONENTS),
        input_dropout=hp.real("input_dropout", 0.0, 0.5),
        layers=hp.integer("layers", 0, 3),
        width=hp.choice("width", (32, 64, 128, 256, 512)),
        activation=hp.choice("activation", ("relu", "swish", "gelu")),
        dropout=hp.real("dropout", 0.0, 0.6),
        fit=sample_fit(hp, rates=RATES),
    )


def build(recipe: EmbeddingRecipe, task: Task, shape: Shape) -> keras.Model:
    """The untrained predictor, (None, D) to (None, 1); its reduction does nothing sensible before `settle`."""
    import keras
    from keras import layers

    from search_spaces._layers import output

    vector = keras.Input(shape, name="vector")
    x = _reduced(vector, recipe)
    x = layers.Dropout(recipe.input_dropout, name="input_dropout")(x)
    for number in range(recipe.layers):
        x = layers.Dense(recipe.width, activation=recipe.activation, name=f"dense_{number}")(x)
        x = layers.Dropout(recipe.dropout, name=f"dropout_{number}")(x)
    # From zeros: random weights on a thousand numbers would begin with answers that are noise, decades off.
    return keras.Model(vector, output(x, task, "zeros"), name="embedding")


def _reduced(x: KerasTensor, recipe: EmbeddingRecipe) -> KerasTensor:
    """In float32 under any policy: what is computed once is not to be rounded."""
    from keras import layers

    if recipe.reduction == "none":
        return x
    if recipe.projects:
        units = min(recipe.components, x.shape[-1])
        return layers.Dense(units, trainable=False, dtype="float32", name="reduction")(x)
    return layers.BatchNormalization(
        epsilon=TINY, center=False, scale=False, trainable=False, dtype="float32", name="reduction"
    )(x)


def settle(recipe: EmbeddingRecipe, predictor: keras.Model, moments: Moments) -> None:
    """Puts the reduction into the predictor. moments: of the vectors that it is trained on."""
    import numpy as np

    if recipe.reduction == "none":
        return
    layer = predictor.get_layer("reduction")
    if not recipe.projects:
        variance = (
            moments.variance
            if recipe.reduction == "standardise"
            else np.full_like(moments.variance, moments.variance.mean())
        )
        layer.set_weights([moments.mean, np.where(variance > 0, variance, 1.0)])
        return
    axes, spread = moments.axes[: layer.units], moments.spread[: layer.units]
    deviations = np.sqrt(spread) if recipe.reduction == "whiten" else np.full(len(spread), np.sqrt(spread.mean()))
    kernel = axes.T / np.where(deviations > 0, deviations, 1.0)
    layer.set_weights([kernel, -moments.mean @ kernel])


def stages(recipe: EmbeddingRecipe) -> tuple[Stage, ...]:
    """One, on vectors."""
    return (Stage("train", "vectors", 1.0, recipe.fit.learning_rate),)


def footprint(recipe: EmbeddingRecipe, shape: Shape) -> Footprint:
    """Exact. `activations`: what all layers put out for one film, with the vector itself and the one number of the
    last dense layer."""
    (width,) = shape
    reduced = min(recipe.components, width) if recipe.projects else width
    fixed = {"none": 0, "pca": (width + 1) * reduced, "whiten": (width + 1) * reduced}.get(
        recipe.reduction, 2 * width
    )
    widths = [reduced, *[recipe.width] * recipe.layers, 1]
    trained = sum((before + 1) * after for before, after in pairwise(widths))
    kept = width + (2 if recipe.reduction != "none" else 1) * reduced + 2 * recipe.width * recipe.layers + 1
    products = sum(before * after for before, after in pairwise(widths))
    return Footprint(trained + fixed, trained, kept, products + (width * reduced if recipe.projects else 0))


SPACE = Space(
    "embedding",
    "Head on vectors of another model",
    sample,
    build,
    footprint,
    # All numbers on one scale: on 760 films of the NIH, 64 px, MAE 11.21 with principal components of the pixels and
    # 12.94 with features of random weights, 12.48 and 13.05 with each number standardised (`--runner grid --set
    # reduction=scale,standardise`, all else as here); for gender the two are equal, 70.0 % with the components.
    first={
        "reduction": "scale",
        "components": 64,
        "input_dropout": 0.0,
        "layers": 1,
        "width": 128,
        "activation": "relu",
        "dropout": 0.3,
        **fit_params(FitRecipe(learning_rate=1e-3)),
    },
    stages=stages,
    takes="vectors",
    settle=settle,
)
