"""How long training a recipe takes in a precision, known before it is trained and the same on every machine.

work = Workload(space, (64, 64, 1), films=646, folds=5, epochs=30, precision="mixed").of(recipe)
work.compiling, work.fold                     # seconds on one core of the machine that the rates were measured on
Workload(…).done(recipe, 30)[10]              # share of a fold that is done after ten epochs

Whoever decides by cost (proposals, the race) takes these numbers, not a clock's, so that the same seed is the same
search. On another machine all are longer or shorter by about one factor, which the folds of a run tell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, chain, repeat

from search_spaces._operations import OPERATIONS
from search_spaces._space import Footprint, Part, Recipe, Shape, Space, shared_out


@dataclass(frozen=True)
class Rates:
    """Processor seconds of a training step, backwards as well. multiply_add: that convolutions and full layers take
    for a product; activation: any layer for a number that it puts out; normalised, activated: more, of those that
    normalise and of activations, see `Footprint`; moved_pixel: of a film, see `passes`; weight: that the optimizer
    updates, layer: whatever it does, step: whatever is in it, these once a step."""

    multiply_add: float
    activation: float
    normalised: float
    activated: float
    moved_pixel: float
    weight: float
    layer: float
    step: float

    def once(self, footprint: Footprint) -> float:
        """Of a step, however many films are in it."""
        return self.step + self.layer * footprint.layers + self.weight * footprint.trained

    def film(self, footprint: Footprint) -> float:
        """Of one film in a step, through all of a network."""
        return (
            self.multiply_add * footprint.multiply_adds
            + self.activation * footprint.activations
            + self.normalised * footprint.normalised
            + self.activated * footprint.activated
        )


# TensorFlow, one core with AVX-512 and bfloat16 (benchmarks/cost.py: networks drawn from the space cnn at 32, 64 and
# 128 px, which differ 300-fold). In bfloat16 products take half as long as in float32, a gelu four times.
RATES = {
    "float32": Rates(4.7e-11, 1.7e-9, 2.3e-9, 1.6e-10, 1.6e-8, 4.9e-9, 8.7e-5, 1.4e-3),
    "mixed": Rates(2.2e-11, 8.1e-10, 2.8e-9, 9.4e-10, 1.8e-8, 9.8e-9, 9.3e-5, 2.2e-4),
}
FORWARD = 1 / 3  # of a step's work on films: an answer without learning from it
COMPILING = 1.5  # a part: making its network and tracing it


@dataclass(frozen=True)
class Work:
    """Seconds on the reference core. compiling: once a trial; fold: training and scoring one."""

    compiling: float
    fold: float

    def trial(self, folds: float) -> float:
        """Of so many folds, on one worker."""
        return self.compiling + folds * self.fold


@dataclass(frozen=True)
class Workload:
    """What all trials of a search have in common. shape: of a film, (S, S, 1), or of a vector, (D,); films: of a
    repeat, those of all folds together; folds: of a repeat; epochs: of a fold; precision: of RATES."""

    space: Space
    shape: Shape
    films: int
    folds: int
    epochs: int
    precision: str

    @cached_property
    def usual(self) -> float:
        """All folds of a repeat of the space's first configuration: what a trial is compared with."""
        return self.folds * self.of(self.space.recipe(self.space.first)).fold

    def of(self, recipe: Recipe) -> Work:
        """Of a trial on the whole budget. What computing a frozen backbone's features takes, once for all trials, is
        no part of it."""
        parts = shared_out(self.space.stages(recipe), self.epochs)
        return Work(len(parts) * COMPILING, sum(part.epochs * self._epoch(recipe, part) for part in parts))

    def done(self, recipe: Recipe, epochs: int) -> list[float]:
        """Of a fold that is trained for so many epochs, after 0, 1, … all of them: its work so far, as a share of
        that of a fold on the whole budget. Not the epochs' share where parts are not equally dear."""
        parts = shared_out(self.space.stages(recipe), epochs)
        if len(parts) == 1 and epochs == self.epochs:
            return [epoch / epochs for epoch in range(epochs + 1)]
        each = chain.from_iterable(repeat(self._epoch(recipe, part), part.epochs) for part in parts)
        so_far = [0.0, *accumulate(each)]
        whole = so_far[-1] if epochs == self.epochs else self.of(recipe).fold
        return [seconds / whole for seconds in so_far]

    def _epoch(self, recipe: Recipe, part: Part) -> float:
        rates, scored = RATES[self.precision], self.films / self.folds
        trained = self.films - scored
        shape = part.shape(self.shape)
        footprint = self.space.stage_footprint(recipe, part.stage, shape)
        through = rates.film(footprint)
        film = through * (FORWARD + (1 - FORWARD) * footprint.learnt)
        if part.stage.on == "films":
            film += rates.moved_pixel * math.prod(shape) * passes(recipe)
        steps = math.ceil(trained / recipe.fit.batch_size)
        return trained * film + steps * rates.once(footprint) + scored * FORWARD * through


def passes(recipe: Recipe) -> int:
    """How often augmentation goes through all pixels in what takes long: all operations that turn, shift or scale a
    film are one resampling, and to draw a number for every pixel takes as long."""
    operations = [OPERATIONS[name] for name in recipe.augment.operations()]
    return any(each.resamples for each in operations) + sum(each.of_pixels for each in operations)
