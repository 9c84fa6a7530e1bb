"""The ways from a search to a model: one network trained on all films, those of the folds, or several trials.

    ways = Ways(best)
    ways.refit(), ways.of_folds(), ways.ensemble(5), ways.ensemble(5, of_folds=True), ways.best(5)

A way says which networks it takes, how their answers are put together, and what came of that out of fold, from which
its calibration and its intervals are: on films that no network which answers was trained on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from trials.final import Standing
from trials.pool import Ensemble, PoolMember, best_of, ensemble_of, pool_of
from trials.records import TrialResult
from xrays.errors import UserError
from xrays.next_command import command
from xrays.statistics import calibration, conformal
from xrays.statistics.blend import Blend
from xrays.statistics.bootstrap import Interval
from xrays.statistics.by_patient import around_together
from xrays.tasks import task_named


@dataclass(frozen=True)
class Source:
    """How a network comes about. seed: of training; fold: that it was not trained on, None for all films."""

    trial: TrialResult
    seed: int
    fold: int | None = None

    @property
    def key(self) -> tuple[int, int, int]:
        """What tells it from others of the run; -1 for no fold."""
        return self.trial.number, self.seed, -1 if self.fold is None else self.fold


@dataclass(frozen=True)
class Way:
    """name: for the user; sources: in the order of the blend; members: the trials with their seeds that it is made
    of; out_of_fold: (N,) answers, calibrated, NaN for films without the label and of the hold-out; score: what it has
    reached in cross-validation, of an ensemble on patients that played no part in choosing it, and score_interval its
    95 %, NaN of one trial, which is the best of many; around: the interval of a number, around_patient: that of the
    mean of a patient's films, where there are several; None where there is none."""

    name: str
    sources: tuple[Source, ...]
    members: tuple[PoolMember, ...]
    blend: Blend
    out_of_fold: NDArray[np.float64]
    score: float
    score_interval: Interval
    around: conformal.Around | None
    around_patient: conformal.Around | None = None


class Ways:
    """A class because all ways of a run share its pool."""

    def __init__(self, best: Standing) -> None:
        """best: the trial of the ways that take one alone."""
        self._best, self._store = best, best.store
        self._task = task_named(best.store.experiment.task)
        self._films = best.store.films()
        self._selected: dict[int, Ensemble] = {}

    @cached_property
    def _members(self) -> list[PoolMember]:
        """Of the run's complete trials; none where no predictions are left."""
        return pool_of(self._store)

    @property
    def pool(self) -> list[PoolMember]:
        """Of the run's complete trials. Raises UserError where no predictions are left."""
        if not self._members:
            raise UserError(
                f"{self._store.path.name} holds no predictions of complete trials",
                "a run with its folder oof",
                command("search", task=self._task.name),
            )
        return self._members

    @property
    def seed(self) -> int:
        """Of the search: that of a trial by itself."""
        return self._store.experiment.seed

    def refit(self) -> Way:
        """The best trial, trained on all development films."""
        return self._one("refit", of_folds=False)

    def of_folds(self) -> Way:
        """The mean of the best trial's fold networks."""
        return self._one("folds", of_folds=True)

    def ensemble(self, most: int, *, of_folds: bool = False) -> Way:
        """Of so many members at most, greedily selected."""
        if most not in self._selected:  # of refits and of folds they are the same
            self._selected[most] = ensemble_of(self.pool, self._films, self._task, most)
        chosen = self._selected[most]
        return self._of(f"ensemble of {len(chosen.members)}{_folds(of_folds)}", chosen, of_folds)

    def best(self, most: int, *, of_folds: bool = False) -> Way:
        """The mean of the best ones."""
        chosen = best_of(self.pool, self._films, self._task, most)
        return self._of(f"best {len(chosen.members)}{_folds(of_folds)}", chosen, of_folds)

    def _one(self, name: str, *, of_folds: bool) -> Way:
        """Where its predictions are gone there is neither calibration nor interval."""
        result, seed = self._best.result, self.seed
        unknown = PoolMember(result, seed, np.full(len(self._films.ids), np.nan))
        found = (one for one in self._members if (one.trial.number, one.seed) == (result.number, seed))
        member = next(found, unknown)
        return self._of(
            name, Ensemble((member,), (1.0,), "mean", self._best.score, Interval(np.nan, np.nan)), of_folds
        )

    def _of(self, name: str, chosen: Ensemble, of_folds: bool) -> Way:
        folds: Sequence[int | None] = self._store.experiment.every_fold if of_folds else [None]
        sources = tuple(Source(member.trial, member.seed, fold) for member in chosen.members for fold in folds)
        blend = Blend((len(folds),) * len(chosen.members), chosen.shares, chosen.middle)
        answers = chosen.predictions(self._task)
        labels, around, of_patients = self._films.targets(self._task), None, None
        known = np.isfinite(labels) & np.isfinite(answers)
        patients = self._films.groups[known]
        if not known.any():
            return Way(name, sources, chosen.members, blend, answers, chosen.score, chosen.interval, None)
        if self._task.kind == "binary":
            found = calibration.fitted(labels[known], answers[known], patients)
            blend = replace(blend, calibration=found)
            answers = answers if found is None else np.where(known, found.of(np.nan_to_num(answers)), np.nan)
        else:
            around = conformal.fitted(labels[known], answers[known], patients)
            of_patients = around_together(labels[known], answers[known], patients)
        return Way(name, sources, chosen.members, blend, answers, chosen.score, chosen.interval, around, of_patients)


def _folds(of_folds: bool) -> str:
    return ", folds" * of_folds
