"""One trainer a trial: the recipe's stages one after the other, each network compiled once.

    trainer = Trainer(space, recipe, task, material, steps=16, epochs=30, seed=0, trial=3)
    losses = trainer.fit(labels, train_rows, fold=2, watch=on_epoch)
    trainer.predict(rows)
    trainer.predictor().save("best_age.h5")

Initial weights come from (seed, trial), every other random stream from (seed, trial, fold), so a fold trained alone
equals the same fold trained after others.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import keras
import numpy as np
from numpy.typing import NDArray

from runners._seeds import derive
from runners._training.fused import fuse
from runners._training.network import Inputs, Network, feature_inputs, film_inputs
from runners._training.on_card import OnCard
from runners._training.optimizers import make_loss, make_optimizer
from runners._training.order import EpochOrder
from runners._training.shrink import Shrink
from search_spaces._augment_layers import augment
from search_spaces._space import Part, Shape, Space, shared_out
from xrays.moments import Moments
from xrays.tasks import Task

# After each epoch (1-based) with its training loss; False ends the training.
Watch = Callable[[int, float], bool]


class Material(Protocol):
    """What a trainer trains on. `features` and `fill` are asked for by spaces with a backbone only, `vectors` and
    `moments` by those on vectors."""

    images: NDArray[np.uint8]

    @property
    def vectors(self) -> NDArray[np.float32]:
        """(N, D) that another model has made of the films."""

    def moments(self, rows: NDArray[np.int64]) -> Moments:
        """Of the vectors in these rows (n,)."""

    def features(self, recipe: Any) -> NDArray[np.float32]:
        """(views, N, C) of the recipe's frozen backbone."""

    def fill(self, predictor: keras.Model, recipe: Any) -> None:
        """Puts the pretrained weights into the predictor's backbone."""


@dataclass(frozen=True)
class PartNetwork:
    """What trains a part. `predictor`: the part of the network's model that is exported, or the head alone."""

    network: Network
    predictor: keras.Model


class Trainer:
    """The networks of one trial. A class because compiled graphs are state that cannot be copied."""

    def __init__(
        self,
        space: Space,
        recipe: Any,
        task: Task,
        material: Material,
        *,
        steps: int,
        epochs: int,
        seed: int,
        trial: int,
        accumulation: int = 1,
        on_card: OnCard | None = None,
    ) -> None:
        """accumulation: parts of a batch that are trained one after the other before an update, where the batch as a
        whole does not fit into memory. BatchNormalization then sees the parts. on_card: what keeps the films for the
        trials of a worker, None for this one alone."""
        self.recipe, self.steps, self.epochs, self._accumulation = recipe, steps, epochs, accumulation
        self._space, self._task, self._material, self._seed, self._trial = space, task, material, seed, trial
        self._on_card = on_card or OnCard()
        self._shape: Shape = (material.images if space.takes == "films" else material.vectors).shape[1:]
        self.parts = shared_out(space.stages(recipe), epochs)
        self._made: dict[Part, PartNetwork] = {}
        self._current = self.parts[0]
        self._making = 0.0  # seconds

    @property
    def compiling(self) -> float:
        """Seconds that its networks have taken so far before they could train: `FirstCalls` has what that is."""
        return self._making + sum(made.network.made.seconds for made in self._made.values())

    def take_seed(self, seed: int) -> None:
        """From now on what it would have been with this seed from the beginning, in the same graphs: to make these
        takes longer than to draw weights."""
        if seed == self._seed:
            return
        self._seed = seed
        for part, made in self._made.items():
            _copy(self._predictor(part), made.predictor)
            made.network.begin_here()

    @property
    def probe_epochs(self) -> int:
        """Epochs that train the head alone on a frozen backbone's features; they come first."""
        return sum(part.epochs for part in self.parts if part.stage.on == "features")

    def fit(
        self, labels: NDArray[np.float32], rows: NDArray[np.int64], *, fold: int, watch: Watch
    ) -> tuple[float, ...]:
        """Trains from the initial state on the rows; returns the loss of each epoch. Raises TrainingDiverged."""
        order = EpochOrder(
            rows, self.steps * self.recipe.fit.batch_size, derive(self._seed, "order", self._trial, fold)
        )
        views = np.random.default_rng(derive(self._seed, "views", self._trial, fold))
        losses: list[float] = []
        before: Part | None = None
        for part in self.parts:
            self._current = part
            network, inputs = self.network(part), self._inputs(part)
            network.reset(fold)
            if self._space.settle is not None:
                self._space.settle(self.recipe, self._of(part).predictor, self._material.moments(rows))
            if before is not None:
                self._hand_over(before, part)
            for _ in range(part.epochs):
                batches = self.parts_of(order.epoch(len(losses)), self.steps)
                losses.append(network.epoch(inputs, labels, batches, views))
                if not watch(len(losses), losses[-1]):
                    return tuple(losses)
            before = part
        network.finish()
        return tuple(losses)

    def parts_of(self, rows: NDArray[np.int64], steps: int) -> NDArray[np.int64]:
        """The rows of so many steps, cut into what is trained at once: (steps or parts of them, n)."""
        return rows.reshape(steps * self._accumulation, -1)

    @property
    def films_at_once(self) -> int:
        """How many films a step trains on at once."""
        return int(self.recipe.fit.batch_size) // self._accumulation

    def predict(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """(n,) predictions of the rows by the network in training, in the label's unit."""
        return self.network(self._current).predict(self._inputs(self._current), rows)

    def trained(self) -> tuple[NDArray[np.float32], ...]:
        """The arrays of what the last part has trained: the whole predictor, or a head alone."""
        return tuple(self._of(self.parts[-1]).predictor.get_weights())

    def predictor(self) -> keras.Model:
        """The whole predictor with the trained weights."""
        part = self.parts[-1]
        if part.stage.on != "features":
            return self._of(part).predictor
        whole = self._build(self._shape)
        _copy(self._of(part).predictor, whole)
        return whole

    @property
    def films_are_whole(self) -> bool:
        """Whether what predicts takes films as they are, or their features: not while they are halved."""
        return not self._current.halved

    def network(self, part: Part) -> Network:
        """Compiled when it is first needed: a trial may be stopped before it comes to its second part."""
        return self._of(part).network

    def _of(self, part: Part) -> PartNetwork:
        if part not in self._made:
            begun = time.perf_counter()
            predictor, model = self._models(part)
            epochs = sum(other.epochs for other in self.parts if other.stage == part.stage)
            optimizer = make_optimizer(
                self.recipe.fit, part.stage.learning_rate, self.steps * epochs, self._accumulation
            )
            network = Network(
                model,
                optimizer,
                make_loss(self.recipe.fit, self._task),
                lambda fold, number: derive(self._seed, f"layer {part.name}", self._trial, fold, number),
                self._on_card,
            )
            self._made[part] = PartNetwork(network, predictor)
            self._making += time.perf_counter() - begun
        return self._made[part]

    def _hand_over(self, before: Part, part: Part) -> None:
        """What the part before has learned. Within a stage the optimizer goes on; the next stage's begins anew."""
        done, begun = self._of(before), self._of(part)
        if before.stage != part.stage:
            done.network.finish()
        _copy(done.predictor, begun.predictor)
        if before.stage == part.stage:
            begun.network.go_on(done.network)

    def _inputs(self, part: Part) -> Inputs:
        match part.stage.on:
            case "films":
                return film_inputs(self._material.images, self.films_at_once)
            case "vectors":
                return feature_inputs(self._material.vectors[None])
        return feature_inputs(self._material.features(self.recipe))

    def _models(self, part: Part) -> tuple[keras.Model, keras.Model]:
        """(predictor, the model that is trained: the predictor with what training wraps around it)."""
        predictor = self._predictor(part)
        if part.stage.on != "films":
            return predictor, predictor
        fuse(predictor)
        films = keras.Input(self._shape, dtype="uint8", name="film_uint8")
        # float32 under any policy: bfloat16 would round the films before they are changed
        x = keras.layers.Rescaling(1 / 255, dtype="float32")(films)
        if part.halved:
            x = Shrink(part.shape(self._shape)[0])(x)
        x = augment(x, self.recipe.augment, seed=derive(self._seed, "augment", self._trial))
        return predictor, keras.Model(films, predictor(x))

    def _predictor(self, part: Part) -> keras.Model:
        if part.stage.on != "features":
            return self._build(part.shape(self._shape))
        if self._space.build_head is None:
            raise TypeError(f"space {self._space.name} has a stage on features and no head to train on them")
        keras.utils.set_random_seed(derive(self._seed, "weights", self._trial))
        return self._space.build_head(self.recipe, self._task)

    def _build(self, shape: Shape) -> keras.Model:
        keras.utils.set_random_seed(derive(self._seed, "weights", self._trial))
        predictor = self._space.build(self.recipe, self._task, shape)
        if self._space.build_head is not None:
            self._material.fill(predictor, self.recipe)
        return predictor


def _copy(trained: keras.Model, whole: keras.Model) -> None:
    """The weights of a head, or of a network for smaller films, into the layers of the same names."""
    for layer in trained.layers:
        if layer.weights:
            whole.get_layer(layer.name).set_weights(layer.get_weights())
