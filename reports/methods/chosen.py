"""What a methods section says of the best trial: what it was trained with further seeds beside, and what it is."""

from __future__ import annotations

import json
from collections.abc import Iterator

from reports._drawing.numbers import count, is_missing, scalar
from reports._drawing.words import enumeration
from reports._evidence.groups import Group
from reports.methods.words import many, were
from trials.best import best_trials
from trials.final import under_way
from trials.seeds import finals_of
from trials.store import RunStore


def best(group: Group) -> Iterator[str]:
    """The final of every run that has held one, and the best configuration; nothing where no trial is complete."""
    found = best_trials(group.frame, 1)
    if not len(found):
        return
    several = len(group.runs) > 1
    for run in group.runs:
        yield from _final(run, f" of {run.path.name}" * several)
    winner = found.iloc[0]
    params, parameters = json.loads(winner["params"]), winner["parameters"]
    network = "" if is_missing(parameters) else f", a network of {count(parameters)} parameters"
    listed = ", ".join(f"{name.replace('_', ' ')} {scalar(params[name])}" for name in winner["effective"])
    of = f" of {winner['run']}" * several
    yield f"The best configuration, trial {winner['number']}{of}{network}, had {listed or 'nothing to choose'}."


def _final(run: RunStore, of: str) -> Iterator[str]:
    finals = finals_of(run.path)
    if not finals:
        return
    last, begun = finals[-1], under_way(run)
    alone = len(last.trials) == 1
    who = (
        f"{many(len(last.trials), 'trial')}{of} that {'was the best' if alone else 'could not be told from the best'}"
    )
    seeds = f"{many(len(last.seeds), 'further seed')} ({enumeration(list(map(str, last.seeds)))})"
    if begun:
        yield f"{who} {were(len(last.trials))} to be trained with {seeds}; {begun[0]} of {begun[1]} folds are over."
        return
    yield f"After the search {who} {were(len(last.trials))} trained on the same folds with {seeds}."
    yield "The mean over all its seeds is the score of such a trial, and decided which one is the best."
