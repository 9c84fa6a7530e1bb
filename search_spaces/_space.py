"""What a search space is: how it draws a recipe, what network that is, what it costs, in what parts it is trained.

space = load_space("cnn")
recipe = space.recipe(space.first)
predictor = space.build(recipe, TASKS["age"], (64, 64, 1))
domains(space)["depth"]                                # Integer(low=2, high=5, …)
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from search_spaces._augment import AugmentRecipe, augment_params
from search_spaces._hyperparameters import Domain, Fixed, Hyperparameters, Scalar, recorded
from search_spaces._prior import Weights
from xrays.tasks import Task

if TYPE_CHECKING:
    import keras

    from search_spaces._fit import FitRecipe
    from xrays.moments import Moments

Shape = tuple[int, ...]  # of what a network takes: a film, (S, S, 1), or a vector, (D,)


class Recipe(Protocol):
    """A configuration as its space sees it: a frozen dataclass of JSON scalars with `augment` and `fit`."""

    @property
    def augment(self) -> AugmentRecipe:
        """Which random changes its films go through."""

    @property
    def fit(self) -> FitRecipe:
        """How it is trained."""

    def active(self, task: Task) -> dict[str, Any]:
        """JSON scalars of all that has an effect for this task; a strength whose operation is off has none."""


@dataclass(frozen=True)
class Stage:
    """One training with one schedule of the learning rate: on films, or vectors of another model, through the whole
    network, or on a frozen backbone's features through the head alone. share: of the epochs, all stages together 1;
    halved: of its own epochs, the first of them, in which films have half the pixels."""

    name: str
    on: Literal["films", "features", "vectors"]
    share: float
    learning_rate: float
    halved: float = 0.0


@dataclass(frozen=True)
class Part:
    """Epochs of a stage on films of one size. halved: whether they have half their pixels."""

    stage: Stage
    epochs: int
    halved: bool = False

    @property
    def name(self) -> str:
        """For the user, and for the random streams of what is trained in it."""
        return f"{self.stage.name}, films halved" if self.halved else self.stage.name

    def shape(self, whole: Shape) -> Shape:
        """Of what it takes; whole: of the films as they are, or of the vectors."""
        if not self.halved:
            return whole
        side = round(whole[0] / math.sqrt(2))
        return side, side, 1


@dataclass(frozen=True)
class Footprint:
    """What a network costs. parameters: all its weights; trained: those that training changes; activations: numbers
    kept for one film during a training step; multiply_adds: for the answer on one film; learnt: the share of the
    network that a training step goes back through; normalised, activated: numbers for one film that normalisations
    and activations put out, each as many times as it takes a batch normalisation's, and a relu's, time; layers: that
    it is made of."""

    parameters: int
    trained: int
    activations: int
    multiply_adds: int = 0
    learnt: float = 1.0
    normalised: int = 0
    activated: int = 0
    layers: int = 0

    def training_bytes(self, batch_size: int) -> int:
        """float32 weights, their gradients, two optimizer slots and an average, weights and gradients once more as
        one vector, and for every film of a batch the activations with their gradients."""
        return 4 * (self.parameters + 6 * self.trained + 2 * batch_size * self.activations)


@dataclass(frozen=True)
class Entry:
    """A configuration that has done well before. source: on which films, of what size, for what task, when, and with
    which command that was found."""

    params: Mapping[str, Scalar]
    source: str


@dataclass(frozen=True)
class Space:
    """A search space.

    `build` returns the untrained predictor: (None, S, S, 1) float32 in [0, 1], grey and inverted, to (None, 1): in
    the label's unit, or the probability of class 1. Where `takes` is "vectors", it is (None, D) float32, vectors that
    another model has made of the films (xrays/vectors.py), and `settle(recipe, predictor, moments)` puts into the
    predictor what of it is computed from the training films' vectors and not learned. `footprint(recipe, shape)` says
    without building it what a predictor costs, for a shape (S, S, 1) or (D,). `first` is the space's own first
    configuration, `label` its name on the leaderboard. `portfolio` are configurations that complement each other:
    these and `first` are tried early, the cheapest first. `prior` says of some parameters which values are worth
    trying; both are of the whole space, not of a narrowed one. `stages` says in what parts a recipe is trained.
    `unreachable(size)` names combinations that have no meaning of their own for films of that side. Only for spaces
    with a frozen backbone, whose recipes then have `backbone` and `views`: `build_head(recipe, task)` returns its
    head alone, from features to the answer, with the layer names that it has in the predictor, and
    `head_footprint(recipe)` says what that costs. precisions: those that a search may choose by itself, where they
    are faster; `mixed` is among them where benchmarks/precision.py has found that it costs no accuracy.
    """

    name: str
    title: str
    sample: Callable[[Hyperparameters], Any]
    build: Callable[[Any, Task, Shape], keras.Model]
    footprint: Callable[[Any, Shape], Footprint]
    first: Mapping[str, Scalar]
    label: str = "default"
    portfolio: tuple[Entry, ...] = ()
    prior: Mapping[str, Weights] = field(default_factory=dict)
    stages: Callable[[Any], tuple[Stage, ...]] = lambda recipe: (
        Stage("train", "films", 1.0, recipe.fit.learning_rate),
    )
    build_head: Callable[[Any, Task], keras.Model] | None = None
    head_footprint: Callable[[Any], Footprint] | None = None
    unreachable: Callable[[int], tuple[str, ...]] = lambda size: ()
    precisions: tuple[str, ...] = ("float32",)
    takes: Literal["films", "vectors"] = "films"
    settle: Callable[[Any, keras.Model, Moments], None] | None = None

    def recipe(self, params: Mapping[str, Scalar]) -> Any:
        """The recipe of these parameters; what they lack of augmentation is off, see `completed`. Raises ValueError
        for a value outside of its domain, KeyError for another one that is missing."""
        return self.sample(Fixed({**augment_params(AugmentRecipe()), **params}))

    def stage_footprint(self, recipe: Any, stage: Stage, shape: Shape) -> Footprint:
        """Of what is trained in a stage: the whole network, or its head alone."""
        if stage.on == "features" and self.head_footprint is not None:
            return self.head_footprint(recipe)
        return self.footprint(recipe, shape)

    def completed(self, params: Mapping[str, Scalar]) -> dict[str, Scalar]:
        """All parameters of the space in its order. An operation of augmentation that these do not know is off: they
        are from before there was such a one. Raises KeyError for another parameter that is missing."""
        given = {**augment_params(AugmentRecipe()), **params}
        return {name: given[name] for name in domains(self)}


def domains(space: Space) -> dict[str, Domain]:
    """Every parameter of a space with its domain, in the order in which it is asked for."""
    return recorded(space.sample)


def fingerprint(space: Space) -> str:
    """Hash of a space's parameters, their domains, its first configuration, its portfolio and its prior."""
    known = domains(space)
    text = f"{list(known.items())} {sorted(space.first.items())}"
    if space.portfolio:
        text += f" {[list(space.completed(entry.params).items()) for entry in space.portfolio]}"
    if prior := {name: weights for name, weights in space.prior.items() if name in known}:
        text += f" {prior}"
    return hashlib.sha256(text.encode()).hexdigest()


def shared_out(stages: Sequence[Stage], epochs: int) -> list[Part]:
    """The parts of all stages; one that gets no epoch is left out, the last of all gets at least one, and so do whole
    films in every stage."""
    ends, reached = [], 0.0
    for stage in stages:
        reached += stage.share
        ends.append(min(round(reached * epochs), epochs - 1))
    ends[-1] = epochs
    counts = [end - start for start, end in zip([0, *ends], ends, strict=False)]
    found = []
    for stage, count in zip(stages, counts, strict=True):
        halved = min(math.ceil(stage.halved * count), count - 1) if count else 0
        found += [Part(stage, halved, halved=True), Part(stage, count - halved)]
    return [part for part in found if part.epochs]
