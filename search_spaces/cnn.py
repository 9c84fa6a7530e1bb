"""Custom CNN: plain or residual blocks that each halve the map, then a head with one dense layer.

python cli.py search --task gender --space cnn --trials 20

Two choices make it cheap. After a stem of patches all blocks work on a quarter or a sixteenth of the film's pixels
(Dosovitskiy et al. 2021, arXiv 2010.11929; with a normalisation as in Liu et al. 2022, arXiv 2201.03545). And films
may have half their pixels in the first part of the epochs, since the same kernels fit on both sizes (progressive
resizing: Tan and Le 2021, arXiv 2104.00298). Half the pixels and not half the side: what a kernel has learned of a
film of half the side is of things that are twice as large on the whole one. That is the reason, not a measurement:
benchmarks/pixels.py compares half the pixels with all of them, and nothing has compared it with half the side.

A network is described once, in `_network`, in terms of a handle that makes layers. `build` walks it with one that
makes Keras layers, `footprint` with one that counts, so that both always see the same network.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from search_spaces._augment import AugmentRecipe, sample_augment
from search_spaces._cnn_start import FIRST, PORTFOLIO
from search_spaces._count import Count
from search_spaces._fit import FitRecipe, sample_fit
from search_spaces._hyperparameters import Hyperparameters
from search_spaces._map_sides import DEPTHS, DOWNSAMPLING, STEMS, unreachable
from search_spaces._space import Footprint, Shape, Space, Stage
from xrays.tasks import Task

if TYPE_CHECKING:
    import keras

START_SHARE = 1 / 3  # of the epochs, on films of half the pixels: to the race's first rung


@dataclass(frozen=True)
class CnnRecipe:
    """stem: what comes before the blocks, one of STEMS; depth: number of blocks; block i has filters × growth^i
    filters; downsampling: how a block halves the map; head: how the last map becomes a vector, `both` is average
    beside max; dense: width of the layer after it; start_size: of the films in the first part of the epochs, in
    pixels. Where a map is flattened they are whole from the first on: that of another size would not fit the layer
    after it."""

    stem: str
    depth: int
    filters: int
    growth: float
    kernel: int
    residual: bool
    normalisation: str
    activation: str
    downsampling: str
    head: str
    dense: int
    dropout: float
    start_size: str
    augment: AugmentRecipe
    fit: FitRecipe

    def active(self, task: Task) -> dict[str, Any]:
        """See `Recipe.active`."""
        fields = {**asdict(self), "augment": self.augment.active(), "fit": self.fit.active(task)}
        idle = ("start_size",) if self.head == "flatten" else ()
        return {name: value for name, value in fields.items() if name not in idle}


def sample(hp: Hyperparameters) -> CnnRecipe:
    """Asks for every field of the recipe by its name, then for augmentation and training."""
    return CnnRecipe(
        stem=hp.choice("stem", tuple(STEMS)),
        depth=hp.integer("depth", *DEPTHS),
        filters=hp.choice("filters", (8, 16, 24, 32, 48)),
        growth=hp.choice("growth", (1.0, 1.5, 2.0)),
        kernel=hp.choice("kernel", (3, 5)),
        residual=hp.flag("residual"),
        normalisation=hp.choice("normalisation", ("batch", "group")),
        activation=hp.choice("activation", ("relu", "swish", "gelu")),
        downsampling=hp.choice("downsampling", DOWNSAMPLING),
        head=hp.choice("head", ("average", "max", "both", "flatten")),
        dense=hp.choice("dense", (32, 64, 128, 256)),
        dropout=hp.real("dropout", 0.0, 0.6),
        start_size=hp.choice("start_size", ("whole", "half")),
        augment=sample_augment(hp),
        fit=sample_fit(hp),
    )


class _Shaped(Protocol):
    """What goes from layer to layer: a Keras tensor, or its shape alone. The first axis is the batch."""

    @property
    def shape(self) -> tuple[Any, ...]: ...


T = TypeVar("T", bound=_Shaped)


class _Layers(Protocol[T]):
    """Makes layers. Convolutions keep the map (stride 1) or halve it upwards (2), pools halve it downwards, or
    upwards like a convolution."""

    def conv(self, x: T, name: str, filters: int, kernel: int, stride: int) -> T: ...
    def pool(self, x: T, name: str, kind: str, upwards: bool = False) -> T: ...
    def norm(self, x: T, name: str, kind: str) -> T: ...
    def activation(self, x: T, name: str, kind: str) -> T: ...
    def add(self, x: T, y: T, name: str) -> T: ...
    def head(self, x: T, name: str, kind: str) -> T: ...
    def join(self, x: T, y: T, name: str) -> T: ...
    def dense(self, x: T, name: str, units: int, activation: str) -> T: ...
    def dropout(self, x: T, name: str, rate: float) -> T: ...


def _network(recipe: CnnRecipe, x: T, make: _Layers[T]) -> T:
    """From a film to the features that the output layer takes."""
    if (side := STEMS[recipe.stem]) > 1:
        x = make.conv(x, "stem", recipe.filters, side, side)
        x = make.norm(x, "norm_stem", recipe.normalisation)
    for number in range(recipe.depth):
        filters = round(recipe.filters * recipe.growth**number)
        x = (_residual_block if recipe.residual else _plain_block)(recipe, number, filters, x, make)
    if recipe.head == "both":
        x = make.join(make.head(x, "head_average", "average"), make.head(x, "head_max", "max"), "head")
    else:
        x = make.head(x, "head", recipe.head)
    x = make.dense(x, "dense", recipe.dense, recipe.activation)
    return make.dropout(x, "dropout", recipe.dropout)


def _plain_block(recipe: CnnRecipe, number: int, filters: int, x: T, make: _Layers[T]) -> T:
    stride, pool = _halving(recipe, x)
    x = make.conv(x, f"conv_{number}", filters, recipe.kernel, stride)
    if pool:
        x = make.pool(x, f"pool_{number}", recipe.downsampling)
    x = make.norm(x, f"norm_{number}", recipe.normalisation)
    return make.activation(x, f"{recipe.activation}_{number}", recipe.activation)


def _residual_block(recipe: CnnRecipe, number: int, filters: int, x: T, make: _Layers[T]) -> T:
    """A plain block and a second convolution, added to a projection of the block's input.

    Where the block has a stride the shortcut is averaged first and then projected (He et al. 2019, "Bag of Tricks",
    ResNet-D): a projection with a stride of its own reads a quarter of the map only, and has ended workers within the
    numerical library on some processors.
    """
    stride, pool = _halving(recipe, x)
    branch = _plain_block(recipe, number, filters, x, make)
    branch = make.conv(branch, f"conv_{number}_second", filters, recipe.kernel, 1)
    branch = make.norm(branch, f"norm_{number}_second", recipe.normalisation)
    if pool:
        x = make.pool(x, f"shortcut_pool_{number}", recipe.downsampling)
    elif stride > 1:
        x = make.pool(x, f"shortcut_pool_{number}", "average_pool", upwards=True)
    x = make.conv(x, f"shortcut_{number}", filters, 1, 1)
    x = make.add(branch, x, f"add_{number}")
    return make.activation(x, f"{recipe.activation}_{number}_second", recipe.activation)


def _halving(recipe: CnnRecipe, x: _Shaped) -> tuple[int, bool]:
    """The stride of a block's convolution, and whether it is pooled after. A map of one pixel is kept."""
    halves = x.shape[1] > 1
    strided = recipe.downsampling == "stride"
    return 2 if halves and strided else 1, halves and not strided


def build(recipe: CnnRecipe, task: Task, shape: Shape) -> keras.Model:
    """The untrained predictor."""
    import keras

    from search_spaces._layers import KerasLayers, output

    film = keras.Input(shape, name="film")
    return keras.Model(film, output(_network(recipe, film, KerasLayers()), task), name="cnn")


def stages(recipe: CnnRecipe) -> tuple[Stage, ...]:
    """One, all of it on whole films or its first part on films of half the pixels."""
    halved = recipe.start_size == "half" and recipe.head != "flatten"
    return (Stage("train", "films", 1.0, recipe.fit.learning_rate, START_SHARE if halved else 0.0),)


def footprint(recipe: CnnRecipe, shape: Shape) -> Footprint:
    """Exact. `activations`: what all layers put out for one film, with the film itself and the one number of the last
    dense layer, without the rescaling to the label's unit that some tasks end in."""
    count = Count()
    features = _network(recipe, count.layer(shape), count)
    count.dense(features, "output", 1, "linear")
    return Footprint(
        count.trained + count.fixed,
        count.trained,
        count.activations,
        count.multiply_adds,
        normalised=count.normalised,
        activated=count.activated,
        layers=count.layers,
    )


SPACE = Space(
    "cnn",
    "Custom CNN",
    sample,
    build,
    footprint,
    first=FIRST,
    label="seed",
    portfolio=PORTFOLIO,
    # Of 760 films of the NIH at 64 px, 10 configurations with 3 seeds, each pair on one fold of five for 30 epochs:
    # bfloat16 is worse by +0.09 ± 0.08 standard errors of the fold's score for age, by -0.11 ± 0.15 for gender
    # (python benchmarks/precision.py DATA).
    precisions=("float32", "mixed"),
    stages=stages,
    unreachable=unreachable,
)
