"""What the space cnn begins with: its first configuration, then some that did well before, with where found.

    cnn.SPACE.portfolio[0].source        # on which films, for what task, when, and with which command

Scores are of 640 films of the NIH at 64 px, 3 folds of 30 epochs, one seed, with the space's first configuration at
MAE 11.61 and accuracy 75.0 %: `search --enqueue FILE --no-portfolio --folds 3 --holdout 0`, 30 November 2026.
"""

from __future__ import annotations

from search_spaces._augment import AugmentRecipe, augment_params
from search_spaces._fit import FitRecipe, fit_params
from search_spaces._hyperparameters import Scalar
from search_spaces._space import Entry

FIRST: dict[str, Scalar] = {
    "stem": "plain",
    "depth": 4,
    "filters": 16,
    "growth": 2.0,
    "kernel": 3,
    "residual": False,
    "normalisation": "batch",
    "activation": "relu",
    "downsampling": "max_pool",
    "head": "average",
    "dense": 64,
    "dropout": 0.2,
    "start_size": "whole",
    **augment_params(AugmentRecipe()),
    **fit_params(FitRecipe()),
}


def _like_the_first(augment: AugmentRecipe, fit: FitRecipe) -> dict[str, Scalar]:
    """The network of the first configuration, trained otherwise."""
    return {**FIRST, **augment_params(augment), **fit_params(fit)}


PORTFOLIO = (
    Entry(
        _like_the_first(
            AugmentRecipe("combined", {"shift": 0.5, "erasing": 0.5}),
            FitRecipe(batch_size=16, clip=1.0, loss="huber"),
        ),
        "found on 300 of the NIH's films at 64 px, age (benchmarks/portfolio.py collect); MAE 11.08, accuracy 82.7 %",
    ),
    Entry(
        _like_the_first(
            AugmentRecipe("combined", {"rotation": 0.5, "shift": 0.5, "zoom": 0.5}), FitRecipe(loss="huber")
        ),
        "thought of, not searched for; MAE 10.76, for gender stopped after its first fold",
    ),
)
