"""What a search's options come to for these films on this machine, found once: whatever follows takes this.

resolved = resolve(options, say=print)
resolved.experiment, resolved.space, resolved.too_large(recipe)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from runners._inputs.weights import Weights
from runners._search.as_begun import as_begun
from runners._search.chosen import choose
from runners._search.engine import Engine, engine_of
from runners._search.labels import check_labels
from runners._search.options import AUTO, PRECISIONS, SearchOptions
from runners._search.place import SettledPlace, settle_run
from runners._search.searched_space import space_and_weights, vectors_for
from runners._workers.messages import Setup
from runners._workers.setup import setup_of
from search_spaces._cost import within
from search_spaces._narrow import narrowing
from search_spaces._space import Recipe, Space, fingerprint
from trials.experiment import Experiment
from trials.provenance import Chosen
from xrays.arrays import XrayArrays
from xrays.folds import FoldPlan, make_plan


@dataclass(frozen=True)
class ResolvedSearch:
    """space: as narrowed; weights: NO_WEIGHTS for a space that takes none; experiment: the search's identity;
    settled: where its folds are trained; chosen: what was found by measuring."""

    options: SearchOptions
    arrays: XrayArrays
    plan: FoldPlan
    space: Space
    weights: Weights
    experiment: Experiment
    settled: SettledPlace
    chosen: Chosen

    @property
    def shape(self) -> tuple[int, ...]:
        """Of what a network takes: a film, (S, S, 1), or a vector, (D,)."""
        return self.experiment.shape

    @property
    def max_parameters(self) -> int | None:
        """Of a network that is trained, None for any."""
        return self.options.max_params or None

    def too_large(self, recipe: Recipe) -> str | None:
        """Why its network is not trained here, None where it is."""
        footprint = self.space.footprint(recipe, self.shape)
        return within(footprint, recipe.fit.batch_size, self.max_parameters, self.settled.memory)

    def setup(self) -> Setup:
        """What the workers are told."""
        cache_limit = int(self.options.cache_gb * 1e9)
        return setup_of(self.arrays.path, self.plan.assignment, self.experiment, self.weights, cache_limit)


def resolve(options: SearchOptions, say: Callable[[str], None]) -> ResolvedSearch:
    """say: is told what of the space is left out, and of weights that are fetched. Raises UserError for options that
    fit nothing, for films that cannot be searched on, and where weights cannot be had."""
    engine = engine_of(options)
    arrays = XrayArrays.open(options.data)
    plan = make_plan(arrays, folds=options.folds, repeats=options.repeats, splits=options.splits)
    check_labels(arrays, plan, options.task, options.splits)
    anew = resolve_anew(options, engine, arrays, plan, say)

    def identify(space: Space, precision: str) -> Experiment:
        return _identity(options, engine, arrays, plan, space, anew.weights, precision)

    precisions = PRECISIONS if options.precision == AUTO else (options.precision,)
    if begun := as_begun(options, anew.space, precisions, identify):
        space, experiment, chosen = begun.space, begun.experiment, begun.chosen
    else:
        space, folds = anew.space, anew.experiment
        films = len(folds.every_fold) * folds.epochs * int(plan.development().sum()) * (plan.folds - 1) // plan.folds
        precision, chosen = choose(options, space, anew.setup(), films, say)
        experiment = identify(space, precision)
    settled = _settled(options, arrays, experiment, chosen)
    return replace(anew, space=space, experiment=experiment, chosen=chosen, settled=settled)


def resolve_anew(
    options: SearchOptions, engine: Engine, arrays: XrayArrays, plan: FoldPlan, say: Callable[[str], None]
) -> ResolvedSearch:
    """As `resolve`, of films that are open: whatever labels they have, and without a look at runs that are there."""
    space, weights = space_and_weights(engine.space, options, arrays.size, say)
    precision = "float32" if options.precision == AUTO else options.precision
    experiment = _identity(options, engine, arrays, plan, space, weights, precision)
    settled = _settled(options, arrays, experiment, Chosen())
    return ResolvedSearch(options, arrays, plan, space, weights, experiment, settled, Chosen())


def _settled(options: SearchOptions, arrays: XrayArrays, experiment: Experiment, chosen: Chosen) -> SettledPlace:
    folds = options.trials * len(experiment.every_fold)
    return settle_run(options.place, folds, experiment, chosen, len(arrays.ids))


def _identity(
    options: SearchOptions,
    engine: Engine,
    arrays: XrayArrays,
    plan: FoldPlan,
    space: Space,
    weights: Weights,
    precision: str,
) -> Experiment:
    """Which search these options mean: what decides its result, without what is only budget. space: as narrowed.
    Raises UserError for a space on vectors, and films that have none."""
    vectors = vectors_for(space, arrays)
    return Experiment(
        task=options.task,
        data=arrays.name,
        plan=plan.fingerprint,
        pixels=arrays.pixels,
        size=arrays.size,
        space=options.space,
        ranges=fingerprint(space),
        narrowing=narrowing(engine.space, space),
        weights=weights.label if space.build_head else "",
        max_parameters=options.max_params,
        runner=engine.runner,
        sampler=engine.sampler,
        grid_points=options.grid_points if engine.sampler == "grid" else 0,
        pruner=options.pruner,
        folds=options.folds,
        repeats=options.repeats,
        epochs=options.epochs,
        seed=options.seed,
        precision=precision,
        backend=engine.backend,
        vectors=vectors.label if vectors else "",
        width=vectors.width if vectors else 0,
    )
