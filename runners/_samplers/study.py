"""Optuna's study as a searcher.

    StudySearcher(space, sampler, seed, Ledger.ranked, Ledger(task))     # learns from what it is told
    RandomSearcher(space, sampler, seed)                                 # does not
    SequenceSearcher(space, sampler, seed)                               # neither, and goes through points in order

sampler(seed, number, parameters, start, prior) is made anew for every proposal and lasts no longer. The study is the
same whether its trials came one by one or all at a resume, and so is what is proposed next.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import count, islice
from typing import TYPE_CHECKING, Any

from runners._samplers.cma_state import packed, unpacked
from runners._samplers.ledger import Ledger, StudyResult
from runners._samplers.optuna_space import Distributions, Handle, distributions, modelled
from runners._samplers.threads import one_thread
from runners._samplers.weighted import Prior, prior_of
from runners._searcher import FIRST, Ask, Pick
from runners._seeds import derive
from search_spaces._hyperparameters import Scalar
from search_spaces._space import Space
from trials.records import Trial, TrialResult

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial


Start = Mapping[str, Scalar]  # the best parameters known before a sampler's first generation, {} for none
MakeSampler = Callable[[int, int, Distributions, Start, Prior], Any]
POINT = "point"  # the place of a trial in a sequence


class RandomSearcher:
    """A proposal follows from the seed and the trial's number alone, and so there is nothing to be told."""

    def __init__(self, space: Space, sampler: MakeSampler, seed: int) -> None:
        self._space, self._sampler, self._seed = space, sampler, seed
        self._distributions = distributions(space)
        self._modelled = modelled(self._distributions)
        self._prior = prior_of(space)

    def ask(self, number: int, pick: Pick = FIRST) -> Ask:
        """See `Searcher.ask`; never Wait or Done."""
        offers = [self._drawn(_turned(self._seed, turn), number) for turn in range(pick.offers)]
        return Ask(offers[pick.of(offers)])

    def _drawn(self, seed: int, number: int) -> dict[str, Scalar]:
        from optuna.trial import create_trial

        study = _study()
        # QMC learns from an earlier trial which parameters there are.
        study.add_trial(create_trial(params=dict(self._space.first), distributions=self._distributions, value=0.0))
        study.sampler = self._sampler(seed, number, self._modelled, {}, self._prior)
        trial = study.ask()
        self._space.sample(Handle(trial))
        params: dict[str, Scalar] = trial.params
        return params

    def tell(self, result: TrialResult) -> None:
        """Nothing comes of it."""

    def replay(self, trial: Trial) -> None:
        """Nothing comes of it."""


class SequenceSearcher(RandomSearcher):
    """Points have an order, and a search that is long enough comes to all of them: it proposes the next ones, and
    what is not taken is proposed again. The place of a taken one travels with its trial."""

    def __init__(self, space: Space, sampler: MakeSampler, seed: int) -> None:
        super().__init__(space, sampler, seed)
        self._taken: set[int] = set()

    def ask(self, number: int, pick: Pick = FIRST) -> Ask:
        """See `Searcher.ask`; never Wait or Done."""
        points = list(islice((point for point in count() if point not in self._taken), pick.offers))
        offers = [self._drawn(self._seed, point) for point in points]
        place = pick.of(offers)
        self._taken.add(points[place])
        return Ask(offers[place], attributes={POINT: points[place]})

    def replay(self, trial: Trial) -> None:
        """Its point is taken."""
        if POINT in trial.attributes:
            self._taken.add(trial.attributes[POINT])


class StudySearcher:
    """A study with its trials in the order of their numbers, which is the order that samplers see.

    A trial that this searcher asked for is there from then on, as running; any other one when it is told. One that
    comes before others, or that was added as running, cannot be put in its place: then there is a new study.

    A sampler that proceeds by generations looks at no trial of before its first one. That begins at the best of them,
    which is kept with its trials: those of one generation have one start, whatever is told meanwhile.
    """

    def __init__(
        self,
        space: Space,
        sampler: MakeSampler,
        seed: int,
        tell: Callable[[Ledger, TrialResult], StudyResult],
        ledger: Ledger,
        several: bool = True,
    ) -> None:
        """several: whether proposals under several seeds differ."""
        self._space, self._sampler, self._seed = space, sampler, seed
        self._tell, self._ledger, self._several = tell, ledger, several
        self._distributions = distributions(space)
        self._modelled = modelled(self._distributions)
        self._prior = prior_of(space)
        self._study = _study()
        self._numbers: list[int] = []  # of the study's trials
        self._running: dict[int, optuna.Trial] = {}  # that this study was asked for
        self._new: dict[int, FrozenTrial] = {}  # not yet in the study
        self._best: tuple[float, Start] = math.inf, {}
        self._start: Start | None = None  # once there is a generation

    def ask(self, number: int, pick: Pick = FIRST) -> Ask:
        """See `Searcher.ask`; never Wait or Done. A CMA-ES trial takes its generation with it."""
        self._settle()
        start = self._best[1] if self._start is None else self._start
        study = self._study
        study.sampler = self._sampler(self._seed, number, self._modelled, start, self._prior)
        trial = study.ask()
        self._numbers.append(number)
        self._running[number] = trial
        with one_thread():
            self._space.sample(Handle(trial))
            attributes = packed(study.get_trials(deepcopy=False)[-1].system_attrs)
            offers = [trial.params]
            for turn in range(1, pick.offers if self._several else 1):
                sampler = self._sampler(_turned(self._seed, turn), number, self._modelled, start, self._prior)
                offers.append(self._further(sampler, study.get_trials(deepcopy=False)[-1]))
        if attributes.get("generation") == 0:
            self._start = start
            attributes["start"] = dict(start)
        place = pick.of(offers)
        if len(offers) > 1:
            # The study's own trial has the first offer, and marks of all of them: it is put in anew, as at a resume.
            del self._running[number]
            self._new[number] = self._running_trial(offers[place], attributes)
        return Ask(offers[place], attributes=attributes)

    def _further(self, sampler: Any, trial: FrozenTrial) -> dict[str, Scalar]:
        """What another sampler proposes for a trial that the study holds already, as `Study.ask` asks it."""
        study = self._study
        relative = sampler.sample_relative(study, trial, sampler.infer_relative_search_space(study, trial))
        for name, one in self._distributions.items():
            if name not in relative and not one.single():
                relative[name] = sampler.sample_independent(study, trial, name, one)
        return {name: relative.get(name, first) for name, first in self._space.first.items()}

    def tell(self, result: TrialResult) -> None:
        from optuna.trial import TrialState

        trial = self._running.pop(result.number, None)
        if trial is None:
            self.replay(result)
            return
        study_result = self._result(result)
        for epochs, loss in study_result.reports.items():
            trial.report(loss, epochs)
        self._study.tell(trial, study_result.value, TrialState[study_result.state])

    def replay(self, trial: Trial) -> None:
        """An open trial that this searcher did not ask for is left out: before its end a searcher knows nothing of
        such a one."""
        self._start = trial.attributes.get("start", self._start)
        if isinstance(trial, TrialResult):
            study_result = self._result(trial)
            # The value of a pruned trial is its report, as in Optuna.
            value = next(iter(study_result.reports.values()), study_result.value)
            self._new[trial.number] = self._frozen(
                trial.params, trial.attributes, study_result.state, value, study_result.reports
            )
        elif not trial.origin:
            self._new[trial.number] = self._running_trial(trial.params, trial.attributes)

    def _running_trial(self, params: Mapping[str, Scalar], attributes: Mapping[str, Any]) -> FrozenTrial:
        return self._frozen(params, attributes, "RUNNING", None, {})

    def _result(self, result: TrialResult) -> StudyResult:
        study_result = self._tell(self._ledger, result)
        if study_result.value is not None and study_result.value < self._best[0]:
            self._best = study_result.value, result.params
        return study_result

    def _frozen(
        self,
        params: Mapping[str, Scalar],
        attributes: Mapping[str, Any],
        state: str,
        value: float | None,
        reports: Mapping[int, float],
    ) -> FrozenTrial:
        from optuna.trial import TrialState, create_trial

        frozen = create_trial(
            state=TrialState[state],
            params=dict(params),
            distributions=self._distributions,
            value=value,
            intermediate_values=dict(reports),
            system_attrs=unpacked(attributes),
        )
        frozen.distributions = self._distributions  # for the copy that was made of them
        return frozen

    def _settle(self) -> None:
        """Puts what is new into the study."""
        if not self._new:
            return
        if self._numbers and min(self._new) <= max(self._numbers):
            present = zip(self._numbers, self._study.get_trials(deepcopy=False), strict=True)
            self._new = {**dict(present), **self._new}
            self._study, self._numbers, self._running = _study(), [], {}
        self._numbers += sorted(self._new)
        self._study.add_trials([self._new[number] for number in sorted(self._new)])
        self._new = {}


def _turned(seed: int, turn: int) -> int:
    """For the proposal of that turn; the first is what a searcher proposes that is asked for one alone."""
    return derive(seed, "turn", turn) if turn else seed


def _study() -> optuna.Study:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    # The sampler that it would make for itself is never asked.
    return optuna.create_study(direction="minimize", sampler=optuna.samplers.RandomSampler())
