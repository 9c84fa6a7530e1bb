"""What a trial will cost, from one timed step of each of its networks.

measure(context, Measure(trial))        # Measured
"""

from __future__ import annotations

import time

import numpy as np

from runners._training.context import TrainingContext
from runners._training.network import feature_inputs, film_inputs
from runners._workers.messages import Measure, Measured, StageCost
from xrays.assignment import in_folds, of_fold


def measure(context: TrainingContext, job: Measure) -> Measured:
    """Times a step and a scoring of every stage. A stage on features is timed on zeros: computing the features is
    what this is to predict."""
    begun = time.perf_counter()
    trainer, material = context.fold_trainer(job), context.material
    assignment = context.setup.assignment
    development, scored = context.rows(in_folds(assignment)), context.rows(of_fold(assignment, 0))
    spent, costs, features = 0.0, [], 0.0
    for part in trainer.parts:
        batch = np.resize(development, trainer.recipe.fit.batch_size)
        inputs = film_inputs(context.arrays.images, trainer.films_at_once)
        if part.stage.on == "features":
            if not material.cached(trainer.recipe):
                features += material.feature_seconds(trainer.recipe)
            inputs = feature_inputs(material.blank(trainer.recipe))
        elif part.stage.on == "vectors":
            inputs = feature_inputs(material.vectors[None])
        network, rng = trainer.network(part), np.random.default_rng(0)
        # The first step and the first prediction trace their graphs; `fit` puts the state back before it trains.
        network.epoch(inputs, context.labels, trainer.parts_of(batch, 1), rng)
        network.predict(inputs, scored[:1])
        built = time.perf_counter()
        network.epoch(inputs, context.labels, trainer.parts_of(batch, 1), rng)
        stepped = time.perf_counter()
        network.predict(inputs, scored)
        ended = time.perf_counter()
        costs.append(StageCost(part.name, part.epochs, trainer.steps, stepped - built, ended - stepped))
        spent += ended - built
    return Measured(tuple(costs), time.perf_counter() - begun - spent, features)
