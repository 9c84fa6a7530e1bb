"""A search whose best trial is no better than what takes no network."""

from __future__ import annotations

from reports._drawing.metrics import objective_of
from reports._evidence.groups import Group
from reports._evidence.losses import ahead
from reports._evidence.winner import winner
from reports.checks._check import Check, Finding
from trials.best import best_trials
from trials.commands import more_of
from trials.records import unbeaten

CHECK = Check(
    order=15,
    title="Better than no network",
    section="answer",
    why="The constant predictor and the linear probe are trained on the same folds. A lead counts where its 95 % "
    "interval is above 0 when patients are drawn again, both models on the same ones.",
)
NAMES = {"constant": "constant predictor"}


def look(group: Group) -> Finding:
    """A problem where a baseline is as good, a hint where luck may have put it behind."""
    first = best_trials(group.rows, 1)
    if first.empty:
        return Finding("not applicable", "No trial is complete.")
    run, metric = group.run(first["run"].iloc[0]), objective_of(group.task)
    baselines = run.baselines()
    if not baselines:
        return Finding("not applicable", "The run has no baselines.")
    on = more_of(run, trials=_more(group, run.path.name))
    if equal := unbeaten(float(first["score"].iloc[0]), baselines, group.task):
        names = " and ".join(f"the {NAMES.get(one.name, one.name)}" for one in equal)
        return Finding(
            "problem",
            f"No trial beats {names}.",
            "The search has not found a network that has learnt more from these films: it may need more trials, more "
            "epochs or more films.",
            on,
        )
    predictions = winner(group)
    leads = {one.name: ahead(group.task, predictions, one.name) for one in baselines} if predictions else {}
    unsure = {name: lead for name, lead in leads.items() if lead is not None and lead.low <= 0}
    if not unsure:
        return Finding(
            "passed", "The best trial is better than every baseline, by more than other patients would change."
        )
    name, lead = next(iter(unsure.items()))
    shown = f"{metric.signed_within(*lead)} {metric.difference_unit}".strip()
    return Finding(
        "hint",
        f"The lead over the {NAMES.get(name, name)} may be luck: {shown}.",
        "With other patients it could have been the better one.",
        on,
    )


def _more(group: Group, run: str) -> int:
    """Half as many trials again."""
    rows = group.rows
    return int(1.5 * ((rows["run"] == run) & (rows["kind"] == "trial")).sum())
