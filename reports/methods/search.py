"""What a methods section says of a search: its space, who proposed and who stopped trials, how many, for how long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from reports._drawing.metrics import objective_of
from reports._drawing.numbers import count
from reports._drawing.words import enumeration
from reports.methods.words import many, were
from trials.commands import START, commands_of
from trials.store import RunStore
from xrays.tasks import TASKS

# What a sampler's word stands for; one that is not here is called by its word.
SAMPLERS = {
    "tpe": "the tree-structured Parzen estimator (Bergstra et al. 2011)",
    "qmc": "a quasi-Monte Carlo sequence",
    "random": "independent random draws",
    "cmaes": "CMA-ES (Hansen & Ostermeier 2001)",
    "gp": "Bayesian optimisation with a Gaussian process",
    "bayesian": "Bayesian optimisation with a Gaussian process",
    "hyperband": "hyperband (Li et al. 2018)",
    "grid": "going through a grid",
}
# The same of a pruner; `none` never stops a trial.
PRUNERS = {
    "race": "a race: within its first fold a trial was stopped, at a third and two thirds of its epochs, when it was "
    "not among the better part of all, and between folds when it was behind the best trial on the same folds",
    "hyperband": "asynchronous successive halving within the first fold (Li et al. 2020)",
    "wilcoxon": "one-sided Wilcoxon signed-rank tests against the best trial on the same folds",
    "median": "the median rule (Golovin et al. 2017)",
}
# What a budget may limit, by the name under which it is on record; a `time` is in seconds.
LIMITS = {
    "trials": "{} trials",
    "seconds": "a time of {}",
    "fold_seconds": "a time of {} a fold",
    "fold_epochs": "{} epochs over all folds",
    "patience": "{} trials without a better one",
}
LIBRARIES = {"optuna": "Optuna", "keras_tuner": "KerasTuner"}
STATES = {
    "complete": "trained to the end",
    "pruned": "stopped early",
    "failed": "failed",
    "infeasible": "too large to be trained",
}


def search(run: RunStore) -> Iterator[str]:
    """Of one run: space, sampler, pruner, trials by what became of them, and the budget."""
    experiment, task = run.experiment, TASKS[run.experiment.task]
    domains = run.provenance.domains
    varied = sum(not domain.single for domain in domains.values())
    fixed = f", of which {varied} could vary" if varied < len(domains) else ""
    narrowed = f"; narrowed: {'; '.join(experiment.narrowing)}" if experiment.narrowing else ""
    if domains:
        yield f"The search space {experiment.space} had {len(domains)} parameters{fixed}{narrowed}."
    if experiment.max_parameters:
        yield f"Networks of more than {count(experiment.max_parameters)} parameters were not trained."
    yield from _proposed(run)
    if run.provenance.fork_of:
        yield f"The search learnt from the trials of an earlier one, {run.provenance.fork_of}."
    yield from _trials(run)
    better = "least" if task.direction == "min" else "highest"
    metric = objective_of(task)
    yield f"Trials were ranked by the {better} {metric.within_a_sentence} ({metric.meaning}), the mean over folds."
    yield from _budget(run)


def _proposed(run: RunStore) -> Iterator[str]:
    experiment = run.experiment
    name = LIBRARIES.get(experiment.runner)
    version = run.provenance.versions.get(experiment.runner.replace("_", "-"), "")
    library = f" of {name} {version}".rstrip() if name else ""
    points = f", of {experiment.grid_points} points a range" if experiment.grid_points else ""
    said = SAMPLERS.get(experiment.sampler, experiment.sampler)
    by = "Akiba et al. 2019; " * (experiment.runner == "optuna")
    yield f"Configurations were proposed by {said}{library}{points} ({by}seed {experiment.seed})."
    origins = Counter(trial.origin for trial in run.trials() if trial.state != "duplicate")
    if early := origins["first"] + origins["portfolio"]:
        yield f"{count(early)} configurations that the space brings along were tried first."
    given = {
        name: many for name, many in origins.items() if name not in ("", "first", "portfolio", "untried", "winner")
    }
    if given:
        said = enumeration([f"{count(many)} of {name}" for name, many in given.items()])
        yield f"Configurations from elsewhere were tried before others: {said}."


def _trials(run: RunStore) -> Iterator[str]:
    results = run.trials()
    states = Counter[str](result.state for result in results if result.state != "duplicate")
    begun = sum(states.values()) + len(run.open_trials())
    if not begun:
        yield "No trial was begun."
        return
    said = [f"{count(states[state])} {words}" for state, words in STATES.items() if states[state]]
    said += [f"{count(len(run.open_trials()))} not over"] if run.open_trials() else []
    yield f"{many(begun, 'trial')} {were(begun)} begun: {enumeration(said)}."
    if smaller := sum(result.max_epochs < run.experiment.epochs for result in results if result.state != "duplicate"):
        yield f"{count(smaller)} of them {were(smaller)} of a smaller budget, one fold for fewer epochs."
    if repeated := sum(result.state == "duplicate" for result in results):
        what = f"{many(repeated, 'proposal')} repeated an earlier configuration"
        yield f"{what} and {were(repeated)} not trained again."
    if run.experiment.pruner != "none":
        rule = PRUNERS.get(run.experiment.pruner, run.experiment.pruner)
        yield f"Trials were {'' if states['pruned'] else 'to be '}stopped early by {rule}."
    else:
        yield "No trial was stopped early."


def _budget(run: RunStore) -> Iterator[str]:
    budget = run.budget()
    parts = [
        said
        for name, words in LIMITS.items()
        if isinstance(given := budget.get(name), int | float) and given
        for said in [words.format(_time(given) if "time" in words else count(given))]
    ]
    calls = sum(made.command.startswith(START) for made in commands_of(run.path))
    whose = f"The budget of the last of {calls} calls" if calls > 1 else "The budget"
    if parts:
        yield f"{whose} was {enumeration(parts)}."
    if budget.get("stop_at_noise"):
        yield "It was to end when 20 trials had gained no more than the error of a score."
    if reason := budget.get("reason"):
        yield f"Its last call ended as follows: {reason}."


def _time(seconds: float) -> str:
    """`30 min`, `1 h 30 min`, `45 s`."""
    hours, rest = divmod(round(seconds), 3600)
    minutes, left = divmod(rest, 60)
    parts = [f"{number} {unit}" for number, unit in ((hours, "h"), (minutes, "min"), (left, "s")) if number]
    return " ".join(parts)
