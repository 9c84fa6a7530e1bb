"""Parts of the space from which no good trial came."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator

import pandas as pd

from reports._drawing.numbers import count
from reports._evidence.groups import Group
from reports.checks._check import Check, Finding
from reports.checks._ranges import Part, parts, without
from trials.best import best_trials
from trials.commands import anew
from trials.domains import Domain

CHECK = Check(
    order=180,
    title="Useless ranges",
    section="slices",
    why="An option, a number or a third of a range of which no trial came among the better quarter, those that were "
    "stopped being worse the earlier they were. By luck that happens less than once in 20 searches, for all "
    "parameters together. From 40 trials on.",
)
LEAST, LUCK, GOOD = 40, 0.05, 0.25
NAMED = 6


def look(group: Group) -> Finding:
    """A hint with the command for a narrower search, of the run of the best trial."""
    first = best_trials(group.rows, 1)
    if first.empty:
        return Finding("not applicable", "No trial is complete.")
    run = group.run(first["run"].iloc[0])
    trials = _ranked(group.rows[group.rows["run"] == run.path.name])
    if len(trials) < LEAST:
        return Finding("not applicable", f"{len(trials)} trials were trained; it is told from {LEAST} on.")
    every = [(name, domain, part) for name, domain in run.provenance.domains.items() for part in parts(domain)]
    useless: dict[str, list[tuple[Part, int]]] = {}
    for name, _, part, tried in _tried(trials, every):
        if tried and _luck(len(trials), math.ceil(GOOD * len(trials)), tried) * len(every) <= LUCK:
            useless.setdefault(name, []).append((part, tried))
    sets = {
        name: text
        for name, of_name in useless.items()
        if (text := without(name, run.provenance.domains[name], [part for part, _ in of_name]))
    }
    if not sets:
        return Finding("passed", "Good trials came from all parts of the space, as far as can be told.")
    said = [f"{name} {part.said} ({tried} trials)" for name in sets for part, tried in useless[name]]
    more = f", and {len(said) - NAMED} more" if len(said) > NAMED else ""
    return Finding(
        "hint",
        f"No trial of the better quarter of {count(len(trials))} has {', '.join(said[:NAMED])}{more}.",
        "A narrower search spends no time there:",
        anew(run, list(sets.values())),
    )


def _ranked(rows: pd.DataFrame) -> pd.DataFrame:
    """Those that were trained on the whole budget, the best first: those that were stopped by how far they came."""
    trained = rows[(rows["kind"] == "trial") & rows["state"].isin(["complete", "pruned"]) & (rows["reduced"] == 0)]
    behind = trained["loss"].astype(float).fillna(math.inf)
    ranked = trained.assign(behind=behind, short=-trained["epochs"])
    return ranked.sort_values(["behind", "short"], kind="stable")


def _tried(trials: pd.DataFrame, every: list[tuple[str, Domain, Part]]) -> Iterator[tuple[str, Domain, Part, int]]:
    """With how many trials that have it, 0 where one of the good ones does."""
    good = math.ceil(GOOD * len(trials))
    given = [
        {name: value for name, value in json.loads(params).items() if name in names}
        for params, names in zip(trials["params"], map(set, trials["effective"]), strict=True)
    ]
    for name, domain, part in every:
        having = [place for place, params in enumerate(given) if name in params and part.holds(params[name])]
        yield name, domain, part, 0 if not having or having[0] < good else len(having)


def _luck(trials: int, good: int, tried: int) -> float:
    """How often none of so many trials is a good one, were they drawn from all (hypergeometric)."""
    if tried > trials - good:
        return 0.0
    return math.comb(trials - good, tried) / math.comb(trials, tried)
