"""How long training a recipe takes, known before it is trained and the same on every machine.

work = Workload(space, (64, 64, 1), films=646, folds=5, epochs=30).of(recipe)
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
from search_spaces._space import Part, Recipe, Shape, Space, shared_out

# Processor seconds of a training step, TensorFlow, float32, one core with AVX-512 (benchmarks/cost.py: networks drawn
# from the space cnn at 32, 64 and 128 px; the standard deviation of what is predicted is 14 %, where networks differ
# 300-fold). The first two are for a step through the whole network, backwards as well.
MULTIPLY_ADD = 4.9e-11
ACTIVATION = 3.0e-9
MOVED_PIXEL = 2.3e-8  # of a film that an augmentation turns, shifts or scales: all of them are one resampling
WEIGHT = 6.1e-9  # that the optimizer updates, once a step
STEP = 2.0e-3  # whatever is in it
FORWARD = 1 / 3  # of a step's products and activations: an answer without learning from it
COMPILING = 2.0  # a part: making its network and tracing it


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
    repeat, those of all folds together; folds: of a repeat; epochs: of a fold."""

    space: Space
    shape: Shape
    films: int
    folds: int
    epochs: int

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
        scored = self.films / self.folds
        trained = self.films - scored
        shape = part.shape(self.shape)
        footprint = self.space.stage_footprint(recipe, part.stage, shape)
        through = MULTIPLY_ADD * footprint.multiply_adds + ACTIVATION * footprint.activations
        film = through * (FORWARD + (1 - FORWARD) * footprint.learnt)
        if part.stage.on == "films" and any(OPERATIONS[name].resamples for name in recipe.augment.operations()):
            film += MOVED_PIXEL * math.prod(shape)
        steps = math.ceil(trained / recipe.fit.batch_size)
        return trained * film + steps * (STEP + WEIGHT * footprint.trained) + scored * FORWARD * through
