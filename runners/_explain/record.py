"""Writes what is kept of maps, and says it in words.

facts = {"network": "fold", "run": "age-…", "trial": 3, "fold": 0}
for line in record_explanation(store.path, facts, task, explanation, films): …
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from runners._explain.films import ExplainedFilms
from runners._explain.messages import ExplainReply
from runners._explain.summary import summary
from runners._versions import versions
from trials.altered import VERSIONS, about, lost_in_words, verdicts
from trials.explained import ON_BORDER, ON_WEIGHTS, in_words, percent, save_explained
from xrays.tasks import Task


def record_explanation(
    parent: Path, facts: Mapping[str, Any], task: Task, explanation: ExplainReply, films: ExplainedFilms
) -> Iterator[str]:
    """Writes explain/ into `parent` and yields what it holds, in lines. facts: what is explained, as the report shows
    it: network, run, trial and the like."""
    numbers, pictures = summary(explanation, films)
    made = {"created": datetime.now(UTC).isoformat(timespec="seconds"), "versions": versions()}
    folder = save_explained(parent, {"task": task.name, **facts, **made, **numbers}, pictures)
    high, wide = numbers["map"]
    blank = f", {numbers['blank']} of them blank" if numbers["blank"] else ""
    yield f"maps     {numbers['films']} films{blank}, {high} × {wide} places each (layer {numbers['layer']})"
    border, sanity = numbers["border"], numbers["sanity"]
    if border["share"] is not None:
        yield (
            f"border   {percent(border['share'])} of the attention is on the outer tenth of the film, which is "
            f"{percent(border['area'])} of its area"
        )
    if border["verdict"] is not None:
        yield (
            f"         networks with shuffled weights have {percent(*border['shuffled'])} there: "
            f"{ON_BORDER[border['verdict']]}"
        )
    yield from _altered(task, facts.get("altered"))
    alike = sanity["alike"]
    measured = "" if alike is None else f"{alike:.2f}, where chance is {sanity['chance']:.2f} and the same map 1: "
    alarm = "ALARM: " if sanity["verdict"] == "nearer same" else ""
    yield f"sanity   likeness to maps with shuffled weights: {measured}{alarm}{ON_WEIGHTS[sanity['verdict']]}"
    for entry in numbers["shown"]:
        if entry["kind"] == "given":
            yield f"film     {entry['film']}: {in_words(task, entry['prediction'])}, {entry['overlay']}"
    yield f"kept in  {folder}"


def _altered(task: Task, altered: Mapping[str, Any] | None) -> Iterator[str]:
    if not altered:
        return
    yield f"altered  {about(altered)}"
    for row in altered["rows"]:
        if row["lost"]:
            yield f"         {VERSIONS[row['version']]}: {lost_in_words(task, row['lost'])}"
    for said in verdicts(altered).values():
        yield f"         {said}"
