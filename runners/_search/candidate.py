"""A trial with the recipe that its parameters make, and how far it has come: made once, since drawing a recipe anew
at every epoch would cost more than what is decided there.

candidate = candidate_of(trial, space)
progress = TrialProgress(candidate, last_stage=10, folds=[…])
"""

from __future__ import annotations

from dataclasses import dataclass, field

from search_spaces._space import Recipe, Space
from trials.records import FoldScore, Trial


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
    folds: trained so far; fold: the one that is being trained, curve: its objective after each epoch."""

    candidate: Candidate
    last_stage: int
    folds: list[FoldScore]
    fold: int = -1
    curve: list[float] = field(default_factory=list)

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
