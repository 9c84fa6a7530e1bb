"""What came of films without their border, and without the marks near it, in words: the same ones on the terminal,
on the page and in a model's card.

    for row in altered["rows"]: VERSIONS[row["version"]], lost_in_words(task, row["lost"])
    verdicts(altered)                  # {"border": "SUSPICION: a blank border costs more than …", "marks": "…"}

`altered` is as explain.json has it, see runners/_explain/reliance.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from xrays.tasks import Task

CONTROLS = {"border": "inside", "marks": "mirrored"}  # what loses as much elsewhere
VERSIONS = {
    "plain": "as they are",
    "border": "outer tenth on each side blank",
    "inside": "as many pixels blank inside, in random places",
    "marks": "bright spots near the border painted over",
    "mirrored": "the mirrored places painted over",
}
ON_ALTERED = {
    "suspect": "SUSPICION: {this} costs more than {other}, so answers rest on {there}",
    "as elsewhere": "{this} costs something, but not clearly more than {other}: this speaks for no shortcut there, "
    "and excludes none",
    "kept": "{this} costs nothing that is clearly more than chance",
}
THERE = {
    "border": "what is there: arms, neck and belly, or letters, markers, collimator edges and padding that go with "
    "the label; look for these",
    "marks": "these; look for letters and markers that go with the label",
}
COST = {
    "border": "a blank border",
    "inside": "as much that is blank inside",
    "marks": "painting over the bright spots",
    "mirrored": "painting over the mirrored places",
}


def verdicts(altered: Mapping[str, Any]) -> dict[str, str]:
    """A sentence on each of CONTROLS that has a verdict."""
    said = {}
    for name, control in CONTROLS.items():
        verdict = altered["verdicts"][name]["verdict"]
        if name == "marks" and not altered["marked"]:
            said[name] = f"none of the {altered['films']} films has a bright spot near the border"
        elif verdict is not None:
            said[name] = ON_ALTERED[verdict].format(this=COST[name], other=COST[control], there=THERE[name])
    return said


def about(altered: Mapping[str, Any]) -> str:
    """Who was asked about what: `5 networks of folds, 646 films they were not trained on; …`."""
    folds = len(altered["folds"])
    return (
        f"{f'{folds} networks of folds' if folds > 1 else 'the network of one fold'}, {altered['films']} films they "
        f"were not trained on; {altered['marked']} have bright spots near the border, as letters and markers are"
    )


def lost_in_words(task: Task, lost: Mapping[str, Any]) -> str:
    """`accuracy loses 5.1 points (95 % interval 2.0 to 8.2)`, of every figure; below 0 where it gains."""
    return ", ".join(f"{_named(figure)} loses {_amount(task, figure, **own)}" for figure, own in lost.items())


def _named(figure: str) -> str:
    return figure if figure == "accuracy" else figure.upper()


def _amount(task: Task, figure: str, value: float | None, interval: Sequence[float] | None) -> str:
    if value is None:
        return "–"
    if task.kind == "regression":
        factor, decimals, unit = 1, task.label.decimals + 1, f" {task.unit}"
    else:
        factor, decimals, unit = (100, 1, " points") if figure == "accuracy" else (1, 3, "")
    one, *ends = (f"{round(factor * number, decimals) + 0.0:.{decimals}f}" for number in (value, *(interval or ())))
    return f"{one}{unit}" + (f" (95 % interval {ends[0]} to {ends[1]})" if ends else "")
