"""What is lost without the border of the films and without the marks near it: a table, and what it speaks for.

markup = altered_films(task, numbers["altered"])
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from reports._drawing.html import Html, Number, join, table, text
from reports._drawing.metrics import Metric, metric_of
from reports._drawing.words import sentence_case
from trials.altered import VERSIONS, about, verdicts
from xrays.tasks import Task

TITLE = "The same networks on films without border and marks"


def altered_films(task: Task, altered: Mapping[str, Any]) -> Html:
    """altered: as explain.json has it. A banner where there is a suspicion."""
    metrics = {name: metric_of(task, name) for name in altered["rows"][0]["scores"]}
    rows = [
        [
            text(VERSIONS[row["version"]]),
            *(Number(metric.value(row["scores"][name])) for name, metric in metrics.items()),
            *(Number(_lost(metric, row["lost"].get(name))) for name, metric in metrics.items()),
        ]
        for row in altered["rows"]
    ]
    head = ["Films", *(metric.heading for metric in metrics.values())]
    head += [f"{metric.label} lost (95 % interval)" for metric in metrics.values()]
    said = verdicts(altered)
    suspect = [said[name] for name in said if altered["verdicts"][name]["verdict"] == "suspect"]
    plain = [said[name] for name in said if said[name] not in suspect]
    return join(
        [
            Html(f"<h4>{text(TITLE)}</h4>"),
            table(TITLE, head, rows),
            Html(f"<p class='note'>{text(_note(altered), 2000)}</p>"),
            *(Html(f'<p class="banner" role="note">{text(one, 2000)}.</p>') for one in suspect),
            Html(f"<p>{text(' '.join(f'{sentence_case(one)}.' for one in plain), 2000)}</p>" if plain else ""),
        ]
    )


def _lost(metric: Metric, lost: Mapping[str, Any] | None) -> str:
    if lost is None:
        return ""
    return metric.within(math.nan if lost["value"] is None else lost["value"], *(lost["interval"] or [math.nan] * 2))


def _note(altered: Mapping[str, Any]) -> str:
    return (
        f"Asked: {about(altered)}. What is blank takes the film's median. Networks answer worse on films unlike "
        "those of training whatever is lost, so below each stand films that have lost as much elsewhere; a suspicion "
        "is a loss above 0 and above that of these, with 95 % intervals, for which patients are drawn again."
    )
