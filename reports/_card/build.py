"""The card of an exported model as Markdown and as a page, both of the same parts.

build_card(json.loads(model.with_suffix(".json").read_text()), model)       # best_age.md, best_age.html
"""

from __future__ import annotations

from pathlib import Path

from reports._card.answers import answers
from reports._card.attention import attention
from reports._card.blocks import Block, Part, Warned
from reports._card.calibration import calibration
from reports._card.claim import CLAIM
from reports._card.compute import compute
from reports._card.data import data
from reports._card.file import file
from reports._card.limits import limits
from reports._card.markdown import markdown
from reports._card.method import method
from reports._card.page import page
from reports._card.read import Card
from reports._card.scores import headline, scores, subgroups
from reports._card.tripod import TRIPOD
from reports._card.use import use
from reports._drawing.words import plain_name
from trials.files import write_together
from xrays.tasks import TASKS


def build_card(card: Card, model: Path) -> Path:
    """Writes NAME.md and NAME.html beside the model; returns the latter. card: what its NAME.json holds, checked as
    far as it is needed to answer; what else is in it may be of any kind, and is left out or shown as text. Of equal
    cards both have the same bytes."""
    title, top, parts = title_of(card), opening(card), parts_of(card, model.name)
    paper = markdown(title, top, parts).encode("utf-8", "replace")
    shown = page(title, top, parts).encode("utf-8", "replace")
    place = model.with_suffix(".html")
    write_together({model.with_suffix(".md"): paper, place: shown})
    return place


def title_of(card: Card) -> str:
    """`Model card: age from chest X-rays`."""
    return f"Model card: {plain_name(TASKS[card['task']].label.name)} from chest X-rays"


def opening(card: Card) -> tuple[Block, ...]:
    """What stands above the parts: what nobody may overlook, and the scores."""
    drawn = "These films were drawn by a computer: nothing here says anything about patients."
    warned = (Warned("Synthetic films.", drawn),) if card["synthetic"] else ()
    return (*warned, headline(card, TASKS[card["task"]]))


def parts_of(card: Card, name: str) -> tuple[Part, ...]:
    """All of it, in the order in which it is read. name: of the model's file."""
    task = TASKS[card["task"]]
    parts = (
        use(card, task, name),
        limits(card, task),
        data(card, task),
        method(card, task),
        scores(card, task),
        subgroups(card, task),
        calibration(card, task),
        attention(card, task),
        compute(card, task),
        file(card, task, name),
    )
    titles = {part.slug: part.title for part in parts}
    return (*parts, *(answers(card, checklist, titles) for checklist in (CLAIM, TRIPOD)))
