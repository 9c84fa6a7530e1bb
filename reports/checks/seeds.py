"""A lead that the seed alone could have made."""

from __future__ import annotations

import math

from reports._drawing.metrics import objective_of
from reports._drawing.words import sentence_case
from reports._evidence.groups import Group
from reports.checks._check import Check, Finding
from trials.best import best_trials
from trials.commands import command_for, more_of
from trials.seeds import seed_parts

CHECK = Check(
    order=100,
    title="Luck of the seed",
    section="answer",
    why="Two trials of the same quality differ by up to t(0.975) · s · √(1/a + 1/b) from the seed alone, s the "
    "standard deviation between seeds and a, b the seeds that each is a mean of.",
)
MORE = 3


def look(group: Group) -> Finding:
    """A hint where the best is ahead of the second by no more than that, or nobody knows how much it is."""
    first, noise, metric = best_trials(group.rows, 2), group.seed_noise, objective_of(group.task)
    if len(first) < 2:
        return Finding("not applicable", "There are no two complete trials.")
    best, second = first.iloc[0], first.iloc[1]
    run, number = group.run(best["run"]), int(best["number"])
    known = len({part.seed for part in seed_parts(run.path) if part.trial == number})
    again = command_for(run, "rerun", trial=number, seeds=known + MORE)
    if noise is None:
        if group.choice is None or not group.choice.tied:
            return Finding("passed", "No trial is tied with the best one, whose seed decides nothing.")
        unknown = "How much of the lead is the seed's is not known: no trial was trained with another one."
        budget = run.budget()
        if budget.get("ended") == "paused" and budget.get("finalists") and (on := more_of(run)):
            return Finding(
                "hint",
                unknown,
                "The search ended before its final, which tells it; the same command goes on to it:",
                on,
            )
        return Finding("hint", unknown, f"{MORE} further seeds of the best trial tell it:", again)
    counts = [max(1, len(one["seeds"])) for one in (best, second)]
    reach = noise.difference * math.sqrt(sum(1 / each for each in counts) / 2)
    gap = abs(float(best["score"]) - float(second["score"]))
    said = f"{sentence_case(best['name'])} is ahead of {second['name']} by {metric.with_unit(metric.value(gap))}"
    of_seed = f"the seed alone makes up to {metric.with_unit(metric.value(reach))}"
    if gap > reach:
        return Finding("passed", f"{said}, and {of_seed}.")
    return Finding(
        "hint",
        f"{said}, and {of_seed}: which of them is the better one is open.",
        f"That is judged by {noise.seeds} seeds of {noise.trials} trials; more make it surer.",
        again,
    )
