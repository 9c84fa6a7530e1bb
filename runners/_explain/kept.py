"""Writes what is kept of maps, and says it in words.

for line in kept(store.path, {"network": "fold", "run": "age-…", "trial": 3, "fold": 0}, task, explained, seen): …
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from runners._explain.messages import Explained
from runners._explain.summary import Seen, summary
from trials.explained import save_explained
from xrays.tasks import Task


def kept(parent: Path, about: Mapping[str, Any], task: Task, found: Explained, seen: Seen) -> Iterator[str]:
    """Writes explain/ into `parent`, and says what it holds."""
    numbers, pictures = summary(found, seen)
    folder = save_explained(parent, {"task": task.name, **about, **numbers}, pictures)
    high, wide = numbers["map"]
    blank = f", {numbers['blank']} of them blank" if numbers["blank"] else ""
    yield f"maps     {numbers['films']} films{blank}, {high} × {wide} places each (layer {numbers['layer']})"
    border = numbers["border"]
    if border["share"] is not None:
        yield (
            f"border   {100 * border['share']:.0f} % of the attention is on the outer tenth of the film, which is "
            f"{100 * border['area']:.0f} % of its area"
        )
    sanity = numbers["sanity"]
    if sanity["alike"] is None:
        yield "sanity   not known: the maps are blank"
    else:
        verdict = (
            "they depend on what was learnt" if sanity["passed"] else "ALARM: they hardly depend on what was learnt"
        )
        yield f"sanity   with shuffled weights the maps are alike by {sanity['alike']:.2f} of 1: {verdict}"
    for entry in numbers["shown"]:
        if entry["kind"] == "given":
            yield f"film     {entry['film']}: {_in_words(task, entry['prediction'])}, {entry['overlay']}"
    yield f"kept in  {folder}"


def _in_words(task: Task, answer: float) -> str:
    if task.kind == "binary":
        return f"{task.class_names[int(answer >= 0.5)]} (probability {max(answer, 1 - answer):.3f})"
    return f"{answer:.1f} {task.unit}"
