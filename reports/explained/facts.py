"""What is known of an explanation beside its maps: of which network and films it is, and how far to trust it.

markup = facts("age-nih64", best=3, command="python cli.py explain …", numbers=numbers)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reports._drawing.html import Html, join, text
from trials.explained import ON_BORDER, ON_WEIGHTS, percent

ALARMS = {
    "nearer same": "networks with shuffled weights give maps that are nearer to the same than to chance",
    "blank": "all of them are blank, or those of networks with shuffled weights are",
}


def facts(run: str, best: int, command: str, numbers: Mapping[str, Any]) -> Html:
    """A list under the name of the run and its trial, with a warning where the maps failed their check. best: number
    of the run's best trial now, -1 without one; command: explains that one; numbers: of explain.json."""
    facts = join(f"<li>{text(fact, 2000)}</li>" for fact in sentences(best, command, numbers))
    alarm = ALARMS.get(numbers["sanity"]["verdict"])
    banner = f'<p class="banner" role="note"><strong>Do not trust these maps:</strong> {alarm}.</p>' if alarm else ""
    return Html(f"<h4>{text(run)}, trial {int(numbers['trial'])}</h4>{banner}<ul>{facts}</ul>")


def sentences(best: int, command: str, numbers: Mapping[str, Any]) -> list[str]:
    """What there is to say of it, one after the other; arguments as of `facts`. Raises KeyError and the like for
    numbers that are none of explain's."""
    said = [_network(numbers)]
    if best not in (numbers["trial"], -1):
        said.append(
            f"Trial {numbers['trial']} is not the best of its run now, trial {best} is: {command} explains that one."
        )
    said += [_resolution(numbers), *_border(numbers), _check(numbers)]
    version = numbers["versions"]["cxr-automl"]
    return [*said, f"Made {numbers['created']} with cxr-automl {version}."]


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
        made = "as the search has kept it" if numbers.get("kept") else "trained again"
        return f"The network of fold {numbers['fold']}, {made}; it gives {again} the search. {new}."
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
