"""How a network is trained: what every space has in common besides augmentation.

    fit = sample_fit(hp)                # FitRecipe(learning_rate=1e-3, optimizer="adamw", …)
    fit.active(TASKS["age"])            # without what has no effect on this task

By default the learning rate falls to zero along a cosine: at a constant rate the last epoch of a small BatchNorm
network can be anywhere, and no epoch may be picked on the scored fold. An average of the weights (`ema`) is the other
way to a last epoch that says what the network is worth. What the words do is in `runners/_training/optimizers.py`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from search_spaces._hyperparameters import Hyperparameters, Scalar
from xrays.tasks import Task


@dataclass(frozen=True)
class FitRecipe:
    """learning_rate: the highest of the schedule. weight_decay: a step shrinks a kernel by this share of the rate;
    nothing for plain Adam. clip: largest global norm of the gradients, 0 for any. smoothing: of labels, for binary
    tasks. loss: of the standardised error, for regression."""

    learning_rate: float = 2e-3
    optimizer: str = "adamw"
    batch_size: int = 32
    weight_decay: float = 1e-4
    schedule: str = "cosine"
    ema: bool = False
    clip: float = 0.0
    smoothing: float = 0.0
    loss: str = "l1"

    @property
    def decays(self) -> bool:
        """Whether the optimizer has a weight decay."""
        return self.optimizer != "adam"

    def active(self, task: Task) -> dict[str, Scalar]:
        """The parameters that have an effect on this task."""
        without = {"loss" if task.kind == "binary" else "smoothing"}
        if not self.decays:
            without.add("weight_decay")
        return {name: value for name, value in asdict(self).items() if name not in without}


def sample_fit(hp: Hyperparameters, rates: tuple[float, float] = (2e-4, 1e-2)) -> FitRecipe:
    """Asks for every field by its name, always for all of them."""
    return FitRecipe(
        learning_rate=hp.real("learning_rate", *rates, log=True),
        optimizer=hp.choice("optimizer", ("adam", "adamw", "sgd")),
        batch_size=hp.choice("batch_size", (16, 32, 64)),
        weight_decay=hp.real("weight_decay", 1e-6, 1e-2, log=True),
        schedule=hp.choice("schedule", ("cosine", "one_cycle", "constant")),
        ema=hp.flag("ema"),
        clip=hp.choice("clip", (0.0, 1.0)),
        smoothing=hp.choice("smoothing", (0.0, 0.05, 0.1)),
        loss=hp.choice("loss", ("l1", "huber", "mse")),
    )


def fit_params(recipe: FitRecipe) -> dict[str, Scalar]:
    """The parameters that lead to this recipe: the inverse of `sample_fit`."""
    return asdict(recipe)
