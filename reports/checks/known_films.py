"""Films that the weights, or a search that was learnt from, had seen before."""

from __future__ import annotations

from reports._drawing.words import sentence_case
from reports._evidence.groups import Group
from reports.checks._check import Check, Finding
from trials.lineage import cautions, load_lineage

CHECK = Check(
    order=20,
    title="Films seen before",
    section="head",
    why="Films are known by fingerprints of their pixels, in whatever set and size; one film of a patient that was "
    "seen makes all of that patient known. What does not tell which films it was made from is a hint.",
)


def look(group: Group) -> Finding:
    """A problem where some were, a hint where nobody knows."""
    known = {run.path.name: lineage for run in group.runs if (lineage := load_lineage(run))}
    if not known:
        return Finding("not applicable", "The runs do not tell what their weights were trained on.")
    found = [(name, each) for name, lineage in known.items() for each in cautions(group.run(name), lineage)]
    if not found:
        return Finding(
            "passed", "Neither weights nor earlier searches had to do with these films, as far as is known."
        )
    several = len(group.runs) > 1
    said = [
        f"{name}: {each.said}." if several else f"{sentence_case(each.said)}."
        for name, each in sorted(found, key=lambda one: not one[1].certain)
    ]
    certain = any(each.certain for _, each in found)
    return Finding("problem" if certain else "hint", said[0], " ".join(said[1:]))
