"""What a network looks at: Grad-CAM maps that `explain` has left in the run folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import pandas as pd

from reports._drawing.figures import Panel
from reports._drawing.gallery import gallery, picture
from reports._drawing.html import Html, join, text
from reports._drawing.words import enumeration, label_text, plain_name
from reports._evidence.groups import Group
from reports._section import Section
from reports.explained.altered import altered_films
from reports.explained.facts import facts
from trials.commands import command_for
from trials.explained import in_words, load_explained, percent
from trials.final import leading
from xrays.patients import WHOSE, Whose
from xrays.tasks import TASKS, Task

SECTION = Section(
    order=74,
    title="What the network looks at",
    note="Grad-CAM: a coarse map of the places that moved a network's answer. Orange raised the answer ({higher}), "
    "blue lowered it ({lower}); a clear film means that the place hardly mattered. Each film's map is scaled by its "
    "own strongest place. A map says where, not why, and proves no reason: read it as a search for shortcuts such as "
    "letters, devices or the border.",
    empty="No maps yet: python cli.py explain RUN makes them.",
    on_films=True,
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
            best = leading(run)
            number = best.result.number if best else -1
            again = command_for(run, "explain")
            rows.append((group.task.name, run.path.name, number, again, kept.numbers, pictures, group.images))
    return pd.DataFrame(rows, columns=["task", "run", "best", "command", "numbers", "pictures", "images"])


def show(table: pd.DataFrame) -> list[Panel]:
    """For each run the facts, mean maps and, where they may be shown, maps of single films."""
    panels: list[Panel] = []
    for row in table.to_dict("records"):
        task, numbers, pictures = TASKS[str(row["task"])], row["numbers"], row["pictures"]
        panels.append(facts(str(row["run"]), int(row["best"]), str(row["command"]), numbers))
        panels += [altered_films(task, numbers["altered"])] if numbers.get("altered") else []
        panels.append(_means(numbers, pictures))
        panels.append(
            _films(task, numbers, pictures)
            if row["images"]
            else Html("<p>Maps of single films are left out of this page (--no-images).</p>")
        )
    return panels


def _group(entry: Mapping[str, Any]) -> str:
    """`female, 20–29`."""
    return ", ".join(entry["of"].values())


def _means(numbers: Mapping[str, Any], pictures: Mapping[str, bytes]) -> Html:
    lines = []
    for _, alike in groupby(numbers["groups"], lambda entry: next(iter(entry["of"].values()))):
        entries = [
            (
                picture(pictures.get(entry["picture"], b""), f"mean map, {_group(entry)}", 112),
                join([text(_group(entry)), text(_whose(entry)), *_share(numbers, entry)], "<br/>"),
            )
            for entry in alike
        ]
        lines += [gallery(entries)] if entries else []
    few = "; ".join(f"{_group(entry)} ({_whose(entry).people()})" for entry in numbers["few"])
    left = f"Fewer than {numbers['fewest']} patients, so no mean map: {few}." if few else ""
    of: Mapping[str, str] = next(iter(numbers["groups"]), {"of": {}})["of"]
    named = enumeration([plain_name(name) for name in reversed(list(of))])
    head = f"Means by {named}, over the mean film, on one scale; each patient counts once"
    return join(
        [Html(f"<h4>{head}</h4>") if lines else Html(""), *lines, Html(f"<p class='note'>{text(left, 2000)}</p>")]
    )


def _whose(entry: Mapping[str, Any]) -> Whose:
    return Whose(*(entry[name] for name in WHOSE))


def _films(task: Task, numbers: Mapping[str, Any], pictures: Mapping[str, bytes]) -> Html:
    parts = []
    for kind, title in KINDS.items():
        of_kind = [entry for entry in numbers["shown"] if entry["kind"] == kind]
        if of_kind:
            parts.append(
                join(
                    [Html(f"<h4>{title}</h4>"), gallery([_pair(task, numbers, entry, pictures) for entry in of_kind])]
                )
            )
    return join(parts)


def _pair(
    task: Task, numbers: Mapping[str, Any], entry: Mapping[str, Any], pictures: Mapping[str, bytes]
) -> tuple[Html, Html]:
    """The film alone and with its map."""
    both: Sequence[Html] = [
        picture(pictures.get(entry["picture"], b""), f"film {entry['film']}", 108),
        picture(pictures.get(entry["overlay"], b""), f"map of film {entry['film']}", 108),
    ]
    words = [
        f"film {entry['film']}",
        f"label {label_text(task.label, entry['label'])}, answer {in_words(task, entry['prediction'])}",
    ]
    return join(both, " "), join([*map(text, words), *_share(numbers, entry)], "<br/>")


def _share(numbers: Mapping[str, Any], entry: Mapping[str, Any]) -> list[Html]:
    """The attention on the border, where a map can tell it from what lies beside it."""
    if entry["border"] is None:
        return [text("blank map")]
    resolved = numbers["border"]["verdict"] in ("above", "not above")
    return [text(f"{percent(entry['border'])} on the border")] if resolved else []
