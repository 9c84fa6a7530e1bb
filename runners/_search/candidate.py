"""A trial with the recipe that its parameters make, and how far it has come: made once, since drawing a recipe anew
at every epoch would cost more than what is decided there.

candidate = candidate_of(trial, space)
progress = TrialProgress(candidate, last_stage=10)
"""

from __future__ import annotations

from dataclasses import dataclass, field

from search_spaces._space import Recipe, Space
from trials.records import Failure, FoldScore, Trial


@dataclass(frozen=True)
class Candidate:
    """recipe: what the trial's parameters are in the space of the search."""

    trial: Trial
    recipe: Recipe


def candidate_of(trial: Trial, space: Space) -> Candidate:
    """Of a trial that an earlier call has begun. Raises ValueError where its parameters are none of the space."""
    return Candidate(trial, space.recipe(trial.params))


@dataclass
class TrialProgress:
    """A candidate that is being trained. last_stage: epochs of a fold that are over when its last stage begins;
    folds: by number, those that were trained, or stopped; failures: by fold, why it could not be trained; curves: by
    fold, the objective after each epoch of those that are being trained."""

    candidate: Candidate
    last_stage: int
    folds: dict[int, FoldScore] = field(default_factory=dict)
    failures: dict[int, tuple[str, Failure]] = field(default_factory=dict)
    curves: dict[int, list[float]] = field(default_factory=dict)

    @property
    def trial(self) -> Trial:
        """The candidate's."""
        return self.candidate.trial

    @property
    def batch_size(self) -> int:
        """Films a training step."""
        return self.candidate.recipe.fit.batch_size

    @property
    def name(self) -> str:
        """For the user."""
        return f"trial {self.trial.number}"
