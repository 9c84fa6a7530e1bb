"""A race that left too few whole trials to say which parameters matter."""

from __future__ import annotations

from reports._drawing.numbers import count
from reports._evidence.groups import Group
from reports._section import table_of
from reports.checks._check import Check, Finding
from trials.best import best_trials
from trials.commands import anew
from trials.importance import ENOUGH

CHECK = Check(
    order=130,
    title="Enough for importance",
    section="importance",
    why=f"With {ENOUGH} complete trials the right parameter comes first in four of five simulated searches "
    "(benchmarks/importance.py); trials that were stopped have no score that could be explained.",
)


def look(group: Group) -> Finding:
    """A hint where as many were trained, and most of them stopped."""
    first, table = best_trials(group.rows, 1), table_of(group, "importance")
    if first.empty or table.empty:
        return Finding("not applicable", "Too few trials were trained.")
    space, run = first["space"].iloc[0], group.run(first["run"].iloc[0])
    of_space = table[table["space"] == space]
    if of_space.empty:
        return Finding("not applicable", "Too few trials of the best one's space were trained.")
    complete = int(of_space["complete"].iloc[0])
    trained = group.rows[
        (group.rows["space"] == space)
        & group.rows["state"].isin(["complete", "pruned"])
        & (group.rows["kind"] == "trial")
    ]
    said = f"{count(complete)} of {count(len(trained))} trials are complete"
    if complete >= ENOUGH:
        return Finding("passed", f"{said}: enough to say which parameters matter.")
    if len(trained) < ENOUGH:
        return Finding(
            "not applicable", f"{count(len(trained))} trials were trained; it takes {ENOUGH}, all of them complete."
        )
    # Those that are complete may be the small ones.
    epoch = (trained["seconds"].astype(float) / trained["epochs"].where(trained["epochs"] > 0)).mean()
    hours = ENOUGH * epoch * run.experiment.epochs * len(run.experiment.every_fold) / 3600
    return Finding(
        "hint",
        f"{said}, the others were stopped early: which parameters matter cannot be told.",
        f"Where that is wanted it takes {ENOUGH} trials that nobody stops, about {hours:.1f} hours of training if "
        "they are like these:",
        anew(run, pruner="none", trials=ENOUGH, timeout=None),
    )
