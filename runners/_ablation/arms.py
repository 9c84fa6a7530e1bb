"""Which configurations an ablation compares. All of them but the augmentation is that of the winner.

arms = all_arms(space, task, winner)          # [(Arm("as found", …), trial), (Arm("all off", …), trial), …]
arms[:2]                                      # the pair that every search ends with
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace

from search_spaces import load_space
from search_spaces._augment import VIEWS, AugmentRecipe, augment_params
from search_spaces._hyperparameters import Scalar
from search_spaces._narrow import narrow
from search_spaces._operations import OPERATIONS
from search_spaces._space import Space
from trials.ablation import Arm, Kind
from trials.experiment import Experiment
from trials.records import Trial, TrialResult
from xrays.tasks import Task

Pair = tuple[Arm, Trial]
USUAL = tuple(VIEWS["standard"].augment.operations())  # what is switched on where the winner has everything off


def space_of_arms(experiment: Experiment) -> Space:
    """The whole space of a run, since an arm turns off what the search may have been narrowed to, with the first
    configuration of the narrowed one."""
    whole = load_space(experiment.space)
    return replace(whole, first=narrow(whole, experiment.narrowing, ()).first)


def all_arms(space: Space, task: Task, winner: TrialResult) -> list[Pair]:
    """As found; all augmentation off, or the usual operations on where the winner has none; then the winner without
    each operation that it has; then each operation alone. One that is off in the winner takes the strength of the
    space's first configuration. Arms that are the winner itself are left out.

    Augmentation is also the changed views of a frozen backbone's features, where a space has them.
    """

    def arm(kind: Kind, augment: AugmentRecipe, views: str, operation: str = "") -> Pair:
        params = {**winner.params, **augment_params(augment), **_views(winner.params, views)}
        trial = _trial(space, task, winner, params)
        effective = trial.recipe.get("augment", {"mode": "none"}) != {"mode": "none"}
        return Arm(kind, operation, _digest(trial), augment.operations() if effective else {}), trial

    augment, views = space.recipe(winner.params).augment, str(winner.params.get("views", "none"))
    as_found, off = arm("as found", augment, views), arm("all off", AugmentRecipe(), "none")
    on = augment.operations()
    mode = augment.mode if on else "combined"
    strengths = _strengths(space, augment)
    if _same(as_found, off):
        usual = AugmentRecipe("combined", {name: strengths[name] for name in USUAL})
        pair = [as_found, arm("usual on", usual, "standard")]
    else:
        pair = [as_found, off]

    def single() -> Iterator[Pair]:
        for name in on:
            yield arm("without", augment.without(name), views, name)
        for name in OPERATIONS:
            alone = arm("alone", AugmentRecipe(mode, {name: strengths[name]}), "none", name)
            # A frozen backbone sees no changed films, so an operation alone would be nothing at all.
            if not _same(alone, off):
                yield alone

    return pair + [each for each in single() if not _same(each, as_found)]


def _strengths(space: Space, augment: AugmentRecipe) -> Mapping[str, float]:
    first = {
        name: float(space.first[f"augment_{row.strength}"]) if row.strength else 1.0
        for name, row in OPERATIONS.items()
    }
    return {**first, **augment.operations()}


def _views(params: Mapping[str, Scalar], views: str) -> Mapping[str, Scalar]:
    return {"views": views} if "views" in params else {}


def _trial(space: Space, task: Task, winner: TrialResult, params: Mapping[str, Scalar]) -> Trial:
    """All arms have one number, since the number is part of every seed."""
    return Trial(
        number=0,
        params=params,
        recipe=space.recipe(params).active(task),
        max_epochs=winner.max_epochs,
        results_known=0,
        started="",
        accumulation=winner.accumulation,
    )


def _digest(trial: Trial) -> str:
    text = f"{trial.identity} {trial.accumulation}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _same(one: Pair, other: Pair) -> bool:
    return one[0].configuration == other[0].configuration
