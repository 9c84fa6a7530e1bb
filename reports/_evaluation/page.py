"""A model on films from elsewhere as one HTML file that works offline, and all its tables as JSON beside it.

build_evaluation(evaluated, Path("best_age-on-elsewhere.html"))
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reports._drawing.figures import embed
from reports._drawing.glossary import glossary, linked
from reports._drawing.html import Html, join, text
from reports._drawing.metrics import objective_of
from reports._drawing.numbers import count
from reports._drawing.reading import reading
from reports._evaluation.judged import by_film, by_patient
from reports._evaluation.parts import Part, parts
from reports._evidence.winner import Judged
from reports._page.alarms import patients_unknown
from reports._page.cards import card
from reports._page.document import USE, document
from trials.evaluated import Evaluated
from trials.files import write_together
from trials.products import claim, holds
from trials.score_interval import score_interval
from xrays.errors import UserError
from xrays.next_command import option
from xrays.statistics.metrics import score
from xrays.strict_json import as_json, plain

TITLE = "<title>Evaluation: chest X-rays</title>"
ON_PAGE_ONLY = {("agreement", "film")}  # tables' parts of single films, which stay off a file that is passed on


def check_place(page: Path) -> None:
    """Raises UserError when page or tables would overwrite what no evaluation has made."""
    if not page.name or page.suffix.lower() != ".html":
        raise UserError(f"--out {page}", "the name of an HTML file", option("out", page.with_suffix(".html")))
    if not page.parent.is_dir():
        raise UserError(
            f"--out {page}: there is no folder {page.parent}", "a folder that exists", f"--out {page.name}"
        )
    other = option("out", page.with_name(f"{page.stem}-2.html"))
    claim(page, "evaluate", holds(TITLE), other)
    claim(page.with_suffix(".json"), "evaluate", holds('{\n "evaluation":'), other)


def build_evaluation(evaluated: Evaluated, out: Path) -> Path:
    """Writes the page and returns `out`; its tables as JSON beside it."""
    shown = parts(evaluated)
    links = join(f'<li><a href="#{part.name}">{text(part.title)}</a></li>' for part in shown)
    contents = f'<nav class="contents" aria-label="Contents"><ul>{links}</ul></nav>'
    body = Html(
        f"{_head(evaluated)}<section class='group'>{linked(_answer(evaluated))}{contents}{join(map(_part, shown))}"
        f"</section>{glossary()}"
    )
    record = {"evaluation": _about(evaluated), **{part.name: _rows(part) for part in shown}}
    page = document(TITLE, body).encode("utf-8", "replace")
    write_together({out.with_suffix(".json"): as_json(record, indent=1).encode(), out: page})
    return out


def _head(evaluated: Evaluated) -> Html:
    label = text(evaluated.task.name.capitalize())
    banners = [_banner("Synthetic films", SYNTHETIC)] if evaluated.synthetic else []
    banners += [_banner(*said) for said in _doubts(evaluated)]
    return Html(
        f"<header><h1>{label} from chest X-rays: {text(evaluated.model)} on {text(evaluated.data)}</h1>"
        f"<p>{USE} The scores are of films that the model was not made on, as far as that is known.</p>"
        f"{join(banners)}{patients_unknown(evaluated.groups)}</header>"
    )


SYNTHETIC = "Films of the training, or these, were drawn by a computer: nothing here says anything about patients."


def _doubts(evaluated: Evaluated) -> list[tuple[str, str]]:
    """Why a score is not to be trusted, title and words."""
    found = []
    if seen := int((evaluated.known != "").sum()):
        found.append(
            ("Not new", f"{count(seen)} of these films are not new to the model, and are scored all the same.")
        )
    if evaluated.unknown:
        who = ", ".join(evaluated.unknown)
        found.append(("Not known to be new", f"Which films {who} has seen is unknown: these may be among them."))
    if evaluated.beaten:
        found.append(("No better than a constant", "Who knows the training labels alone is as good on these films."))
    if evaluated.openings > 1 or evaluated.looked_at:
        times = f"{evaluated.openings} times" if evaluated.openings > 1 else "before, among others"
        found.append(
            (
                "Looked at before",
                f"These films were looked at {times} for this task: what was chosen by that is not new.",
            )
        )
    return found


def _banner(title: str, words: str) -> Html:
    return Html(f'<p class="banner" role="note"><strong>{title}.</strong> {text(words, 2000)}</p>')


def _answer(evaluated: Evaluated) -> Html:
    film, patient, task = by_film(evaluated), by_patient(evaluated), evaluated.task
    whose = film.predictions.whose
    cards = [_card(film, f"on {whose}")]
    if patient is not None:
        cards.append(_card(patient, f"by patient: one answer for all films of each of {count(whose.groups)}"))
    cards += [
        card(task, value, ends, text(f"in {name}, as its card says"))
        for name, (value, ends) in evaluated.before.items()
    ]
    metric = objective_of(task)
    return Html(
        f'<div class="answer"><div class="figures">{join(cards)}</div>'
        f"<p>{text(metric.label)}: {text(metric.meaning)}. Intervals: how far a score would move with other patients."
        "</p></div>"
    )


def _card(judged: Judged, caption: str) -> Html:
    found, task = judged.predictions, judged.task
    value = score(task, found.truth, found.predicted)[task.objective]
    return card(task, value, score_interval(task, found.truth, found.predicted, found.groups), text(caption))


def _part(part: Part) -> Html:
    panels = [
        panel if isinstance(panel, Html) else embed(panel, f"{part.name}-{number}", part.title)
        for number, panel in enumerate(part.panels, 1)
    ]
    note = reading(part.note, part.title)
    return Html(f'<section id="{part.name}"><h3>{text(part.title)}</h3>{note}{join(panels)}</section>')


def _about(evaluated: Evaluated) -> dict[str, Any]:
    """For programs: what was asked about what, and what speaks against it."""
    before = evaluated.before.items()
    return {
        "model": evaluated.model,
        "model_sha256": evaluated.digest,
        "task": evaluated.task.name,
        "data": evaluated.data,
        "pixels": evaluated.pixels,
        "synthetic": evaluated.synthetic,
        "films": len(evaluated.ids),
        "independent": evaluated.independent,
        "unknown": list(evaluated.unknown),
        "left_out": dict(evaluated.left_out),
        "openings": evaluated.openings,
        "looked_at": evaluated.looked_at,
        "metrics": score(evaluated.task, evaluated.truth, evaluated.answers),
        "before": {name: {"score": value, "interval": ends.to_json()} for name, (value, ends) in before},
    }


def _rows(part: Part) -> list[dict[str, Any]]:
    return [
        {str(name): plain(value) for name, value in row.items()}
        for row in part.table.to_dict("records")
        if (part.name, row.get("part")) not in ON_PAGE_ONLY
    ]
