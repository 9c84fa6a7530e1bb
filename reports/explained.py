"""What a network looks at: Grad-CAM maps that `explain` has left in the run folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import pandas as pd

from reports._drawing.figures import Panel
from reports._drawing.gallery import gallery, picture
from reports._drawing.html import Html, join, text
from reports._drawing.numbers import of_patients
from reports._drawing.words import known, listed, spoken
from reports._evidence.groups import Group
from reports._section import Section
from trials.commands import command_for
from trials.explained import ON_BORDER, ON_WEIGHTS, in_words, load_explained, percent
from trials.records import best_trial
from xrays.tasks import TASKS, Task

SECTION = Section(
    order=74,
    title="What the network looks at",
    note="Grad-CAM: a coarse map of the places that moved a network's answer. Orange raised the answer ({higher}), "
    "blue lowered it ({lower}); a clear film means that the place hardly mattered. Each film's map is scaled by its "
    "own strongest place. A map says where, not why, and proves no reason: read it as a search for shortcuts such as "
    "letters, devices or the border.",
    empty="No maps yet: python cli.py explain RUN makes them.",
)
ALARMS = {
    "nearer same": "networks with shuffled weights give maps that are nearer to the same than to chance",
    "blank": "all of them are blank, or those of networks with shuffled weights are",
}
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
            best = best_trial(run.trials(), group.task)
            number = best.number if best else -1
            again = command_for(run, "explain")
            rows.append((group.task.name, run.path.name, number, again, kept.numbers, pictures, group.images))
    return pd.DataFrame(rows, columns=["task", "run", "best", "command", "numbers", "pictures", "images"])


def show(table: pd.DataFrame) -> list[Panel]:
    panels: list[Panel] = []
    for row in table.to_dict("records"):
        task, numbers, pictures = TASKS[str(row["task"])], row["numbers"], row["pictures"]
        panels += [_facts(str(row["run"]), int(row["best"]), str(row["command"]), numbers), _means(numbers, pictures)]
        panels.append(
            _films(task, numbers, pictures)
            if row["images"]
            else Html("<p>Maps of single films are left out of this page (--no-images).</p>")
        )
    return panels


def _facts(run: str, best: int, command: str, numbers: Mapping[str, Any]) -> Html:
    facts = join(f"<li>{text(fact, 2000)}</li>" for fact in _sentences(best, command, numbers))
    alarm = ALARMS.get(numbers["sanity"]["verdict"])
    banner = f'<p class="banner" role="note"><strong>Do not trust these maps:</strong> {alarm}.</p>' if alarm else ""
    return Html(f"<h4>{text(run)}, trial {int(numbers['trial'])}</h4>{banner}<ul>{facts}</ul>")


def _sentences(best: int, command: str, numbers: Mapping[str, Any]) -> list[str]:
    found = [_network(numbers)]
    if best not in (numbers["trial"], -1):
        found.append(
            f"Trial {numbers['trial']} is not the best of its run now, trial {best} is: {command} explains that one."
        )
    found += [_resolution(numbers), *_border(numbers), _check(numbers)]
    version = numbers["versions"]["cxr-automl"]
    return [*found, f"Made {numbers['created']} with cxr-automl {version}."]


def _border(numbers: Mapping[str, Any]) -> list[str]:
    border = numbers["border"]
    if border["verdict"] is None:
        return []
    sides = (
        f" ({numbers['size'] / min(numbers['map']):.1f} px against {border['width'] * numbers['size']:.1f})"
        if border["verdict"] == "too coarse"
        else ""
    )
    return [
        f"The outer tenth of the film on each side is {percent(border['area'])} of its area and gets "
        f"{percent(border['share'])} of the attention (95 % interval {percent(*border['interval'])}). Networks with "
        f"shuffled weights, which have learnt nothing, put {percent(*border['shuffled'])} there: "
        f"{ON_BORDER[border['verdict']]}{sides}."
    ]


def _check(numbers: Mapping[str, Any]) -> str:
    sanity = numbers["sanity"]
    made = f"Check with shuffled weights ({sanity['draws']} times, {sanity['films']} films; Adebayo et al. 2018)"
    if sanity["alike"] is None:
        return f"{made}: {ON_WEIGHTS[sanity['verdict']]}."
    high, wide = numbers["map"]
    return (
        f"{made}: the maps are alike by {sanity['alike']:.2f} (mean rank correlation, without its sign). Equal maps "
        f"are alike by 1, maps of {high} × {wide} places that have nothing to do with each other by "
        f"{sanity['chance']:.2f}. The likeness is {ON_WEIGHTS[sanity['verdict']]}. Where the lines are drawn is a "
        "convention."
    )


def _network(numbers: Mapping[str, Any]) -> str:
    films = numbers["films"]
    if numbers["network"] == "fold":
        again = "the same predictions as" if numbers["reproduced"] else "OTHER predictions than"
        earlier = numbers.get("known")
        new = (
            f"It was not trained on these {films} films, but they are not new to it: {earlier}"
            if earlier
            else (f"It had not seen these {films} films")
        )
        return f"The network of fold {numbers['fold']}, trained again; it gives {again} the search. {new}."
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


def _group(entry: Mapping[str, Any]) -> str:
    """`female, 20–29`."""
    return ", ".join(entry["of"].values())


def _means(numbers: Mapping[str, Any], pictures: Mapping[str, bytes]) -> Html:
    lines = []
    for _, alike in groupby(numbers["groups"], lambda entry: next(iter(entry["of"].values()))):
        entries = [
            (
                picture(pictures.get(entry["picture"], b""), f"mean map, {_group(entry)}", 112),
                join([text(_group(entry)), text(_counted(entry)), *_share(numbers, entry)], "<br/>"),
            )
            for entry in alike
        ]
        lines += [gallery(entries)] if entries else []
    few = "; ".join(f"{_group(entry)} ({entry['patients']})" for entry in numbers["few"])
    left = f"Fewer than {numbers['fewest']} patients, so no mean map: {few}." if few else ""
    of: Mapping[str, str] = next(iter(numbers["groups"]), {"of": {}})["of"]
    named = listed([spoken(name) for name in reversed(list(of))])
    head = f"Means by {named}, over the mean film, on one scale; each patient counts once"
    return join(
        [Html(f"<h4>{head}</h4>") if lines else Html(""), *lines, Html(f"<p class='note'>{text(left, 2000)}</p>")]
    )


def _counted(entry: Mapping[str, Any]) -> str:
    return of_patients(entry["films"], entry["patients"])


def _films(task: Task, numbers: Mapping[str, Any], pictures: Mapping[str, bytes]) -> Html:
    parts = []
    for kind, title in KINDS.items():
        own = [entry for entry in numbers["shown"] if entry["kind"] == kind]
        if own:
            parts.append(
                join([Html(f"<h4>{title}</h4>"), gallery([_pair(task, numbers, entry, pictures) for entry in own])])
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
        f"label {known(task.label, entry['label'])}, answer {in_words(task, entry['prediction'])}",
    ]
    return join(both, " "), join([*map(text, words), *_share(numbers, entry)], "<br/>")


def _share(numbers: Mapping[str, Any], entry: Mapping[str, Any]) -> list[Html]:
    """The attention on the border, where a map can tell it from what lies beside it."""
    if entry["border"] is None:
        return [text("blank map")]
    told = numbers["border"]["verdict"] in ("above", "not above")
    return [text(f"{percent(entry['border'])} on the border")] if told else []
