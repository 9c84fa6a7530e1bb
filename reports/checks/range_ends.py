"""The best trials press against the end of a range."""

from __future__ import annotations

import json

from reports._drawing.numbers import scalar
from reports._evidence.groups import Group
from reports._evidence.ties import ties
from reports.checks._check import Check, Finding
from reports.checks._ranges import place_in, pressed
from trials.commands import anew
from trials.domains import Domain
from xrays.next_command import command

CHECK = Check(
    order=170,
    title="Ends of ranges",
    section="slices",
    why="The best trial and all that are tied with it, three at least, lie in the outer tenth of a range, or at the "
    "last of its numbers: what luck does less than once in 20 searches, were values drawn evenly, for all parameters "
    "together. That a sampler copies its best trials makes it less rare: so it is a hint.",
)
LEAST, LUCK = 3, 0.05
MOST = {"low": "least", "high": "most"}


def look(group: Group) -> Finding:
    """A hint with the command for a wider range, where the search was told a narrower one."""
    found = ties(group)
    if found is None:
        return Finding("not applicable", "There are no two trials to compare.")
    run = group.run(found.best["run"])
    tied = found.tied[found.tied["run"] == run.path.name]
    rows = [found.best, *(row for _, row in tied.iterrows())]
    if len(rows) < LEAST:
        return Finding("not applicable", f"It takes {LEAST} trials that are as good as each other.")
    params = [json.loads(row["params"]) for row in rows]
    ranges = {
        name: domain
        for name, domain in run.provenance.domains.items()
        if place_in(domain) is not None
        and all(name in row["effective"] and name in given for row, given in zip(rows, params, strict=True))
    }
    ends = {
        name: end
        for name, domain in ranges.items()
        if (end := pressed(domain, [given[name] for given in params], LUCK / len(ranges)))
    }
    if not ends:
        return Finding("passed", "The best trials do not press against the end of any range.")
    narrowed = {text.partition("=")[0] for text in run.experiment.narrowing}
    said = "; ".join(
        f"{name} at {scalar(params[0][name])}, the {MOST[end]} of {_range(ranges[name])}"
        for name, end in ends.items()
    )
    found_there = f"The {len(rows)} best trials press against the end of a range: {said}."
    if wider := [f"{name}=" for name in ends if name in narrowed]:
        return Finding("hint", found_there, "Without what narrowed it there may be better ones:", anew(run, wider))
    space = run.experiment.space
    more = f"The space itself ends there (search_spaces/{space}.py); what it holds:"
    return Finding("hint", found_there, more, command("spaces", space))


def _range(domain: Domain) -> str:
    return f"{scalar(domain.low)} to {scalar(domain.high)}"
