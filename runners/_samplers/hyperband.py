"""KerasTuner's Hyperband under our loop: brackets of rounds, each round the best of the one before on more epochs.

    searcher = HyperbandSearcher(oracle, task, seed, handed_out)
    ask = searcher.ask(10)     # Ask(params, epochs=3, attributes={"bracket": 2, "round": 1, "promoted_from": 4})

The oracle decides what is drawn and what is promoted. It is asked by `populate_space` and sees trials in its public
`trials`, as they are when it is told, so it writes no file, prints nothing and counts no failures. On a resume it is
driven through all asks and results again, in their recorded order.

Only trials of one round are compared, all of them trained for the same epochs on the same fold; those on the whole
budget are in the last round of their bracket, and nothing depends on their scores.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from runners._searcher import FIRST, Ask, Pick
from runners._seeds import derive
from search_spaces._hyperparameters import Scalar
from trials.records import Trial, TrialResult
from xrays.tasks import Task

RECALLED = 16  # draws among which that of a trial on record is; a pick has fewer


class HyperbandSearcher:
    """oracle: a `HyperbandOracle` over losses, without a limit on its iterations. handed_out: the params of a trial
    for values of the oracle. The search is never at an end, and no ask has to wait: while a round is running, the
    oracle begins another bracket."""

    def __init__(
        self, oracle: Any, task: Task, seed: int, handed_out: Callable[[Mapping[str, Any]], dict[str, Scalar]]
    ) -> None:
        self._oracle, self._task, self._seed, self._handed_out = oracle, task, seed, handed_out
        self._results: list[TrialResult] = []
        self._heard = 0  # of the results, by the oracle
        self._replayed: list[Trial] = []

    def ask(self, number: int, pick: Pick = FIRST) -> Ask:
        """What is promoted is no matter of pick. Raises RuntimeError when a trial of an earlier call is not what
        the oracle proposes for it."""
        for trial in sorted(self._replayed, key=lambda trial: trial.number):
            self._tell_oracle(trial.results_known)
            self._ask_again(trial)
        self._replayed.clear()
        self._tell_oracle(len(self._results))
        offers = list(islice(self._offers(number), pick.offers))
        return self._taken(number, *offers[pick.of([params for _, params in offers])])

    def tell(self, result: TrialResult) -> None:
        """Heard by the oracle before the next ask. See `Searcher.tell`."""
        self._results.append(result)

    def replay(self, trial: Trial) -> None:
        """Driven through the oracle before the next ask. See `Searcher.replay`."""
        if trial.number < 0:
            return  # of another search: `told` does not count it, and no round has a place for it
        if isinstance(trial, TrialResult):
            self._results.append(trial)
        if not trial.origin:
            self._replayed.append(trial)

    def _tell_oracle(self, count: int) -> None:
        """Lets the oracle know the first `count` results."""
        for result in self._results[self._heard : count]:
            if known := self._oracle.trials.get(str(result.number)):
                # Failed ones, too, are completed ones: a round in which one is missing would never be full.
                known.score, known.status = _loss(self._task, result), "COMPLETED"
        self._heard = max(self._heard, count)

    def _ask_again(self, trial: Trial) -> None:
        offers = list(islice(self._offers(trial.number), RECALLED))
        for values, params in offers:
            if values["tuner/epochs"] == trial.max_epochs and _alike(params, trial.params):
                self._taken(trial.number, values, trial.params)
                return
        raise RuntimeError(
            f"trial {trial.number} on record is {dict(trial.params)} for {trial.max_epochs} epochs; "
            f"Hyperband proposed {offers[0][1]} for {offers[0][0]['tuner/epochs']}"
        )

    def _offers(self, number: int) -> Iterator[tuple[dict[str, Any], dict[str, Scalar]]]:
        """The oracle's values for a trial and the params that they are: one promotion, or draws."""
        first = self._populate(number)
        yield first, self._handed_out(first)
        # private: draws it, but for what was drawn before, and gives None where nothing else is left
        while "tuner/trial_id" not in first and (drawn := self._oracle._random_values()) is not None:
            values = {**first, **drawn}
            yield values, self._handed_out(values)

    def _taken(self, number: int, values: dict[str, Any], params: Mapping[str, Scalar]) -> Ask:
        from keras_tuner import HyperParameters
        from keras_tuner.engine import trial as oracle_trial

        oracle, parameters = self._oracle, HyperParameters()
        parameters.values = values
        promoted = values.get("tuner/trial_id")
        if promoted is not None:
            # The oracle writes down its newest bracket.
            values["tuner/bracket"] = oracle.trials[promoted].hyperparameters.values["tuner/bracket"]
        trial = oracle.trials[str(number)] = oracle_trial.Trial(parameters, str(number))
        oracle._record_values(trial)  # private: a draw that repeats an earlier one is drawn anew
        values.update(params)
        attributes = {"bracket": values["tuner/bracket"], "round": values["tuner/round"]}
        if promoted is not None:
            attributes["promoted_from"] = int(promoted)
        epochs = values["tuner/epochs"]
        return Ask(params, None if epochs == oracle.max_epochs else epochs, attributes)

    def _populate(self, number: int) -> dict[str, Any]:
        """The oracle's values for a trial. Private are: its random state, the hashes of what it has drawn, its
        brackets.

        Where it finds nothing new to draw, KerasTuner ends the search; in a small space that may be before any trial
        got the whole budget. Here a bracket then draws again what other brackets have drawn, and one that has drawn
        everything goes on with as many as there are.
        """
        oracle = self._oracle
        oracle._seed_state = derive(self._seed, "ask", number)
        while (response := oracle.populate_space(str(number)))["status"] != "RUNNING":
            newest = oracle._brackets[-1]
            drawn = {oracle._id_to_hash[place["id"]] for place in newest["rounds"][0]}
            if drawn == oracle._tried_so_far:
                self._fill(newest)
            oracle._tried_so_far = drawn
        values: dict[str, Any] = response["values"]
        return values

    def _fill(self, bracket: Mapping[str, Any]) -> None:
        """Takes the places that a bracket has no configuration for with blanks. They are worse than any trial, and
        those of a round go on into the next where that has room for all configurations and more."""
        from keras_tuner import HyperParameters
        from keras_tuner.engine import trial as oracle_trial

        oracle, drawn = self._oracle, len(bracket["rounds"][0])
        for level, places in enumerate(bracket["rounds"]):
            for index in range(oracle._get_size(bracket["bracket_num"], level) - drawn):
                name = f"blank {index}"
                places.append({"past_id": name, "id": name})
                blank = oracle.trials[name] = oracle_trial.Trial(HyperParameters(), name, "COMPLETED")
                blank.score = math.inf


def _loss(task: Task, result: TrialResult) -> float:
    """Mean over the folds; infinite, which is worse than any other, where there is none."""
    losses = [task.loss(fold.metrics[task.objective]) for fold in result.folds]
    trained = result.state in ("complete", "pruned") and losses and all(map(math.isfinite, losses))
    return statistics.fmean(losses) if trained else math.inf


def _alike(params: Mapping[str, Scalar], others: Mapping[str, Scalar]) -> bool:
    """Equal but for the last bits of reals, which another machine's powers may give otherwise."""
    return params.keys() == others.keys() and all(_close(value, others[name]) for name, value in params.items())


def _close(value: Scalar, other: Scalar) -> bool:
    if isinstance(value, float) and isinstance(other, float):
        return math.isclose(value, other)
    return value == other
