"""What a methods section says of the numbers: intervals, the correction for having picked the best, the hold-out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from reports._drawing.numbers import count
from reports._drawing.words import enumeration
from reports._evidence.groups import Group
from reports._evidence.openings import doubt
from trials.choice import Selection
from trials.store import RunStore
from xrays.statistics.bootstrap import DRAWS
from xrays.tasks import TASKS


def statistics(group: Group) -> Iterator[str]:
    """Baselines, intervals and the correction; nothing before a trial is complete."""
    if not (group.frame["state"].eq("complete") & group.frame["kind"].eq("trial")).any():
        return
    named = dict.fromkeys(_baseline(run, baseline.name) for run in group.runs for baseline in run.baselines())
    if named:
        yield f"On the same folds {enumeration(list(named))} {'were' if len(named) > 1 else 'was'} scored."
    yield (
        f"Intervals are the middle 95 % of {count(DRAWS)} bootstrap resamples, in which patients were drawn with all "
        "their films (percentile method)."
    )
    choice = group.choice
    if choice and not np.isnan(choice.corrected) and choice.among > 1:
        yield from _corrected(choice)


def _baseline(run: RunStore, name: str) -> str:
    if name != "linear probe":
        return f"a {name} predictor"
    kind = "logistic" if TASKS[run.experiment.task].kind == "binary" else "ridge"
    return f"{kind} regression on {'the vectors' if run.experiment.vectors else 'films of 32 × 32 pixels'}"


def _corrected(choice: Selection) -> Iterator[str]:
    yield (
        f"The best of {count(choice.among)} trials is partly the luckiest, so its score was corrected by bootstrap "
        "bias-corrected cross-validation (Tsamardinos et al. 2018): the choice was "
        f"repeated on {count(DRAWS)} resamples of the patients, and what was chosen scored on those not drawn."
    )
    if choice.partial:
        yield f"{count(choice.partial)} of these trials took part with the folds that they had finished."
    if choice.peeked:
        yield "Trials were stopped within every fold by its own films, so the corrected score is a little too good."
    elif choice.scored < choice.folds:
        scored = f"{choice.scored} of {choice.folds} folds"
        yield f"The choice was scored on {scored}: those in which no trial had been stopped midway."
    yield "Trials that cannot be told from the best were found by multiple comparisons with the best (Hsu 1981)."


def hold_out(group: Group) -> Iterator[str]:
    """Whether it was looked at, how often, by what, and whether its films were new; nothing where there is none."""
    if not group.films.hold_out().any():
        return
    if not group.opened:
        yield "The hold-out has not been looked at."
        return
    times = "once" if group.opened == 1 else f"{group.opened} times"
    yield f"The hold-out, which had no part in the search, has been opened {times} for this task."
    for run in group.runs:
        for opening in run.openings()[-1:]:
            way = opening.get("way", "refit")
            what = "one network that was trained on all films of the folds" if way == "refit" else f"the {way}"
            of = f" of {run.path.name}" if len(group.runs) > 1 else ""
            yield f"Scored last was trial {opening['trial']}{of}, {what}, on {count(opening['films'])} films."
            if verdict := doubt(opening):
                yield f"It is {verdict} of what the model had seen."
