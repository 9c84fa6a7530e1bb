"""How often the right parameter comes first, by how it is judged and by how many complete trials there are.

    python benchmarks/importance.py [--searches 20] [--trials 30 60 100] [--parameters 38 10]

Made-up searches of random configurations of the space `cnn`, or of a part of its parameters. One parameter explains a
third of the losses' variance, several others and a pair of parameters together up to as much, the rest is luck; most
parameters do nothing. Effects are slopes, valleys and cliffs, or heights of options. One trial in 25 has diverged to
a loss beyond measure, as real ones do.

- ranges: PED-ANOVA with ranges guessed from what was tried
- PED: PED-ANOVA with the space's own
- fANOVA: a forest, of the losses as they are
- ranked: the same of their order, numbers in powers at their place
- ours: what `trials/importance.py` does
- stands out: in how many of the searches that parameter is also beyond chance
- by chance: in how many any parameter is, where nothing has an effect

The constants of `trials/importance.py` are this table's; `tests/test_importance.py` runs a part of it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runners._samplers.domains import run_domains
from search_spaces import load_space
from trials.domains import Domain, distribution
from trials.importance import importances
from trials.records import Scalar

MAIN, NEXT, FADING = 0.35, 0.09, 0.75  # shares of the variance; of the others each has so much of the one before
ACTIVE = 1 / 3  # of the parameters have an effect
DIVERGED = 0.04


@dataclass(frozen=True)
class Search:
    """right: the parameter with the largest effect."""

    domains: dict[str, Domain]
    params: list[dict[str, Scalar]]
    losses: list[float]
    right: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--searches", type=int, default=20)
    parser.add_argument("--trials", type=int, nargs="+", default=[30, 60, 100])
    parser.add_argument("--parameters", type=int, nargs="+", default=[38, 10])
    options = parser.parse_args()
    print("in % of the searches      " + "".join(f"{name:>12}" for name in (*WAYS, "stands out", "by chance")))
    for parameters in options.parameters:
        for trials in options.trials:
            seeds = range(options.searches)
            first = np.mean([firsts(seed, trials, parameters) for seed in seeds], axis=0)
            beyond = np.mean([stands(seed, trials, parameters) for seed in seeds], axis=0)
            shown = "".join(f"{100 * share:12.0f}" for share in (*first, *beyond))
            print(f"{parameters:3} parameters, {trials:4} trials{shown}", flush=True)


def firsts(seed: int, trials: int, parameters: int) -> list[bool]:
    """Whether each way puts the right parameter first."""
    own = made_up(seed, trials, parameters)
    return [max(found, key=lambda name: found[name]) == own.right for found in (way(own) for way in WAYS.values())]


def stands(seed: int, trials: int, parameters: int) -> tuple[bool, bool]:
    """Whether the right parameter is beyond chance, and whether any is that should not be."""
    own, useless = made_up(seed, trials, parameters), made_up(seed, trials, parameters, effect=0)
    found, nothing = (importances(one.domains, one.params, one.losses) for one in (own, useless))
    return own.right in found.standing, bool(nothing.standing)


def made_up(seed: int, trials: int, parameters: int, effect: float = 1) -> Search:
    """A search of so many random trials; effect 0: its losses hang on nothing."""
    rng = np.random.default_rng((seed, trials, parameters))
    space = run_domains(load_space("cnn"))
    names = sorted(rng.permutation(list(space))[:parameters].tolist(), key=list(space).index)
    domains = {name: space[name] for name in names}
    params = [{name: drawn(domain, rng) for name, domain in domains.items()} for _ in range(trials)]
    active = rng.permutation(names)[: max(2, round(ACTIVE * parameters))].tolist()
    parts = [MAIN, *(NEXT * FADING ** np.arange(len(active) - 1)), NEXT]
    merit = np.sqrt(1 - effect * sum(parts)) * rng.normal(size=trials)
    effects = [
        curve_of(domains[name], rng)(np.array([place(domains[name], own[name]) for own in params])) for name in active
    ]
    for part, own in zip(parts, (*effects, effects[0] * effects[1]), strict=True):
        merit += np.sqrt(effect * part) * own
    losses = 8 + np.exp(merit / 2)
    diverged = rng.random(trials) < DIVERGED
    losses[diverged] = 10 ** rng.uniform(1.5, 5, diverged.sum())
    return Search(domains, params, losses.tolist(), active[0])


def drawn(domain: Domain, rng: np.random.Generator) -> Scalar:
    if domain.options:
        return domain.options[rng.integers(len(domain.options))]
    if domain.step:
        return int(rng.integers(int(domain.low), int(domain.high) + 1))
    ends = np.log([domain.low, domain.high]) if domain.log else np.array([domain.low, domain.high])
    value = float(rng.uniform(*ends))
    return float(np.clip(np.exp(value), domain.low, domain.high)) if domain.log else value


def place(domain: Domain, value: Scalar) -> float:
    """Between 0 and 1."""
    if domain.options:
        return domain.options.index(value) / (len(domain.options) - 1)
    ends = np.array([domain.low, domain.high, float(value)])
    low, high, own = np.log(ends) if domain.log else ends
    return float((own - low) / (high - low))


def curve_of(domain: Domain, rng: np.random.Generator) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """An effect of mean 0 and variance 1 over the domain."""
    count = len(domain.options) or (int(domain.high - domain.low) + 1 if domain.step else 101)
    places = np.linspace(0, 1, count)
    heights: NDArray[Any]
    if domain.options:
        heights = rng.normal(size=count)
    else:
        middle = rng.uniform(0.2, 0.8)
        heights = (rng.choice([-1, 1]) * places, (places - middle) ** 2, (places > middle) + 0.0)[rng.integers(3)]
    heights = (heights - heights.mean()) / heights.std()
    return lambda at: np.interp(at, places, heights)


def guessed(values: list[Scalar]) -> Domain:
    """The narrowest range that holds what was tried."""
    numbers = [float(value) for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)]
    if len(numbers) < len(values):
        return Domain(options=tuple(dict.fromkeys(values)))
    low, high = min(numbers), max(numbers)
    step = 1 if all(isinstance(value, int) for value in values) else 0
    return Domain(low=low, high=high, step=step, log=not step and low > 0 and high / low > 20)


def optunas(own: Search, *, fanova: bool) -> dict[str, float]:
    """One of Optuna's ways."""
    import optuna
    from optuna.importance import FanovaImportanceEvaluator, PedAnovaImportanceEvaluator, get_param_importances

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    known = {name: distribution(domain) for name, domain in own.domains.items()}
    study = optuna.create_study()
    study.add_trials(
        [
            optuna.trial.create_trial(params=params, distributions=known, value=loss)
            for params, loss in zip(own.params, own.losses, strict=True)
        ]
    )
    few = PedAnovaImportanceEvaluator(target_quantile=max(0.1, 5 / len(own.losses)))
    return get_param_importances(study, evaluator=FanovaImportanceEvaluator(n_trees=16, seed=0) if fanova else few)


def with_guessed(own: Search) -> Search:
    return replace(own, domains={name: guessed([params[name] for params in own.params]) for name in own.domains})


def at_places(own: Search) -> Search:
    """Options by their number, numbers in powers by their place, losses by their rank."""
    even, params = dict(own.domains), [dict(one) for one in own.params]
    for name, domain in own.domains.items():
        if not domain.options and not domain.log:
            continue
        even[name] = Domain(low=0, high=len(domain.options) - 1, step=1) if domain.options else Domain(low=0, high=1)
        for one in params:
            one[name] = domain.options.index(one[name]) if domain.options else place(domain, one[name])
    return replace(own, domains=even, params=params, losses=np.argsort(np.argsort(own.losses)).tolist())


def ours(own: Search) -> Mapping[str, float]:
    return importances(own.domains, own.params, own.losses).shares


WAYS: Mapping[str, Callable[[Search], Mapping[str, float]]] = {
    "ranges": lambda own: optunas(with_guessed(own), fanova=False),
    "PED": lambda own: optunas(own, fanova=False),
    "fANOVA": lambda own: optunas(own, fanova=True),
    "ranked": lambda own: optunas(at_places(own), fanova=True),
    "ours": ours,
}


if __name__ == "__main__":
    main()
