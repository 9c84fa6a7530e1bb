"""How a network is trained: what every space has in common besides augmentation.

    fit = sample_fit(hp)       # FitRecipe(learning_rate=1e-3, optimizer="adam", …)

The learning rate falls to zero along a cosine: at a constant rate the last epoch of a small BatchNorm network can be
anywhere, and no epoch may be picked on the scored fold.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from search_spaces._space import Hyperparameters, Scalar


@dataclass(frozen=True)
class FitRecipe:
    learning_rate: float = 2e-3
    optimizer: str = "adam"
    batch_size: int = 32
    weight_decay: float = 1e-4


def sample_fit(hp: Hyperparameters) -> FitRecipe:
    return FitRecipe(
        learning_rate=hp.real("learning_rate", 2e-4, 1e-2, log=True),
        optimizer=hp.choice("optimizer", ("adam", "sgd")),
        batch_size=hp.choice("batch_size", (16, 32, 64)),
        weight_decay=hp.real("weight_decay", 1e-6, 1e-2, log=True),
    )


def fit_params(recipe: FitRecipe) -> dict[str, Scalar]:
    """The parameters that lead to this recipe: the inverse of `sample_fit`."""
    return asdict(recipe)
