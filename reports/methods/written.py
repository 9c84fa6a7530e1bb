"""The paragraphs of a methods section, in the order in which they are read.

    paragraphs(group)           # [("Data", "The films are …"), ("Preprocessing", "…"), …]

What is of a single run is said once where it is so in all runs, and else of each run by its name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from reports._drawing.words import enumeration
from reports._evidence.groups import Group
from reports.methods import chosen, films, judged, machine, search, space, training
from reports.methods.references import cited
from trials.store import RunStore

# Of what a user has named: no path or parameter of a paper is as long.
LONGEST = 300
OVERLONG = re.compile(rf"\S{{{LONGEST + 1},}}")
OfRun = Callable[[RunStore], Iterator[str]]


def paragraphs(group: Group) -> list[tuple[str, str]]:
    """(subject, text) of each; subjects of which nothing is known are left out."""
    subjects = {
        "Data": films.collection(group),
        "Preprocessing": _of_runs(group, films.preprocessing),
        "Splits": films.splits(group),
        "Search": _of_runs(group, search.search),
        "Search space": _of_runs(group, space.space),
        "Training": _of_runs(group, training.training),
        "Augmentation": _of_runs(group, training.augmentation),
        "Final model": chosen.best(group),
        "Statistics": judged.statistics(group),
        "Hold-out": judged.hold_out(group),
        "Software and hardware": _of_runs(group, machine.machine),
    }
    texts = {subject: OVERLONG.sub(_cut, " ".join(said)) for subject, said in subjects.items()}
    texts["References"] = " ".join(f"{work}." for work in cited(" ".join(texts.values())))
    return [(subject, said) for subject, said in texts.items() if said]


def _cut(word: re.Match[str]) -> str:
    return f"{word[0][: LONGEST - 1]}…"


def _of_runs(group: Group, said_of: OfRun) -> Iterator[str]:
    """Of each run, or of all of them where they are alike."""
    names: dict[str, list[str]] = {}
    for run in group.runs:
        names.setdefault(" ".join(said_of(run)), []).append(run.path.name)
    for said, alike in names.items():
        if said:
            yield said if len(names) == 1 else f"In {enumeration(alike)}: {said}"
