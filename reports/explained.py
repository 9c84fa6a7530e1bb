"""What a network looks at: Grad-CAM maps that `explain` has left in the run folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from reports._drawing.html import Html, join, text
from reports._drawing.png import gallery, picture
from reports._evidence.groups import Group
from reports._section import Panel, Section
from trials.explained import load_explained
from xrays.tasks import TASKS, Task

SECTION = Section(
    order=74,
    title="What the network looks at",
    tasks=tuple(TASKS),
    note="Grad-CAM: a coarse map of the places that moved a network's answer. Orange raised the answer (older, or "
    "male), blue lowered it (younger, or female); a clear film means that the place hardly mattered. Each film's map "
    "is scaled by its own strongest place. A map says where, not why, and proves no reason: read it as a search for "
    "shortcuts such as letters, devices or the border.",
    empty="No maps yet: python cli.py explain RUN makes them.",
)
KINDS = {"worst": "Worst answers", "typical": "Typical answers", "best": "Best answers"}


def data(group: Group) -> pd.DataFrame:
    """One row a run that was explained. numbers: of its explain.json; pictures: PNG files by name, those of single
    films only where the page may show them."""
    rows = []
    for run in group.runs:
        kept = load_explained(run.path)
        if kept is not None:
            single = {entry[which] for entry in kept.numbers["shown"] for which in ("picture", "overlay")}
            pictures = {name: kept.pictures[name] for name in kept.pictures if group.images or name not in single}
            rows.append((group.task.name, run.path.name, kept.numbers, pictures, group.images))
    return pd.DataFrame(rows, columns=["task", "run", "numbers", "pictures", "images"])


def show(table: pd.DataFrame) -> list[Panel]:
    panels: list[Panel] = []
    for row in table.to_dict("records"):
        task, numbers, pictures = TASKS[str(row["task"])], row["numbers"], row["pictures"]
        panels += [_facts(str(row["run"]), numbers), _means(numbers, pictures)]
        panels.append(
            _films(task, numbers, pictures)
            if row["images"]
            else Html("<p>Maps of single films are left out of this page (--no-images).</p>")
        )
    return panels


def _facts(run: str, numbers: Mapping[str, Any]) -> Html:
    sanity = numbers["sanity"]
    alarm = "" if sanity["passed"] else _alarm(sanity["alike"])
    facts = join(f"<li>{text(fact, 2000)}</li>" for fact in _sentences(numbers))
    return Html(f"<h4>{text(run)}, trial {int(numbers['trial'])}</h4>{alarm}<ul>{facts}</ul>")


def _alarm(alike: float | None) -> str:
    why = (
        "all of them are blank"
        if alike is None
        else "a network with shuffled weights gives nearly the same. They show the film, not what was learnt"
    )
    return f'<p class="banner" role="note"><strong>Do not trust these maps:</strong> {why}.</p>'


def _sentences(numbers: Mapping[str, Any]) -> list[str]:
    found = [_network(numbers), _resolution(numbers)]
    border, sanity = numbers["border"], numbers["sanity"]
    if border["share"] is not None:
        low, high = (f"{100 * end:.0f}" for end in border["interval"])
        found.append(
            f"The outer tenth of the film on each side is {100 * border['area']:.0f} % of its area and gets "
            f"{100 * border['share']:.0f} % of the attention (95 % interval {low} to {high}). Well above the area is "
            "a reason to look for letters, collimator edges and padding."
        )
    if sanity["alike"] is not None:
        found.append(
            f"Check with shuffled weights ({sanity['draws']} times, {sanity['films']} films; Adebayo et al. 2018): "
            f"the maps are alike by {sanity['alike']:.2f}, where 0 is nothing in common and 1 the same. Above "
            f"{sanity['limit']} the maps would hardly depend on what was learnt."
        )
    return found


def _network(numbers: Mapping[str, Any]) -> str:
    films = numbers["films"]
    if numbers["network"] == "fold":
        again = "the same predictions as" if numbers["reproduced"] else "OTHER predictions than"
        return (
            f"The network of fold {numbers['fold']}, trained again; it gives {again} the search. It had not seen "
            f"these {films} films."
        )
    return (
        f"The exported model {numbers['model']}. It was trained on these {films} films: worst and best say nothing "
        "about new films."
    )


def _resolution(numbers: Mapping[str, Any]) -> str:
    high, wide = numbers["map"]
    part = numbers["size"] / max(high, wide)
    return (
        f"A map has {high} × {wide} places (layer {numbers['layer']}) on films of {numbers['size']} px: nothing "
        f"smaller than about {part:.0f} px can be told apart."
    )


def _means(numbers: Mapping[str, Any], pictures: Mapping[str, bytes]) -> Html:
    groups = numbers["groups"]
    if not groups:
        return Html("<p>Too few films of any age band and gender for a mean map.</p>")
    lines = []
    for gender in TASKS["gender"].class_names:
        entries = [
            (
                picture(pictures.get(entry["picture"], b""), f"mean map, {gender}, {entry['ages']} years", 112),
                join([text(f"{gender}, {entry['ages']}"), text(_share(entry, f"{entry['films']} films, "))], "<br/>"),
            )
            for entry in groups
            if entry["gender"] == gender
        ]
        lines.append(gallery(entries) if entries else Html(""))
    return join([Html("<h4>Means by age and gender, over the mean film, on one scale</h4>"), *lines])


def _films(task: Task, numbers: Mapping[str, Any], pictures: Mapping[str, bytes]) -> Html:
    parts = []
    for kind, title in KINDS.items():
        own = [entry for entry in numbers["shown"] if entry["kind"] == kind]
        if own:
            parts.append(join([Html(f"<h4>{title}</h4>"), gallery([_pair(task, entry, pictures) for entry in own])]))
    return join(parts)


def _pair(task: Task, entry: Mapping[str, Any], pictures: Mapping[str, bytes]) -> tuple[Html, Html]:
    """The film alone and with its map."""
    both: Sequence[Html] = [
        picture(pictures.get(entry["picture"], b""), f"film {entry['film']}", 108),
        picture(pictures.get(entry["overlay"], b""), f"map of film {entry['film']}", 108),
    ]
    words = f"label {_label(task, entry['label'])}, answer {_label(task, entry['prediction'], sure=True)}"
    return join(both, " "), join([text(f"film {entry['film']}"), text(words), text(_share(entry))], "<br/>")


def _share(entry: Mapping[str, Any], before: str = "") -> str:
    return before + ("blank map" if entry["border"] is None else f"{100 * entry['border']:.0f} % on the border")


def _label(task: Task, value: float, sure: bool = False) -> str:
    if task.kind == "binary":
        chosen = int(value >= 0.5)
        return task.class_names[chosen] + (f", {100 * (value if chosen else 1 - value):.0f} % sure" if sure else "")
    return f"{value:.0f} {task.unit}"
