"""What is known to be wrong with the films of the runs on a page: the audits that lie beside the films.

markup = audits(runs, Path("runs/report.html"))
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from reports._drawing.html import Html, attribute, join, text
from reports._drawing.numbers import count
from trials.store import RunStore
from xrays.next_command import command

PAGE, RECORD = "audit.html", "audit.json"


def audits(runs: Iterable[RunStore], page: Path) -> Html:
    """A line for each prepared folder, with a link relative to the page; empty where none of them is here."""
    pixels = {run.provenance.arrays: run.experiment.pixels for run in runs}
    lines = [line for folder, of in pixels.items() if (line := _line(Path(folder), of, page))]
    return Html(f"<p>{join(lines, '<br>')}</p>" if lines else "")


def _line(folder: Path, pixels: str, page: Path) -> Html:
    if not folder.is_dir():
        return Html("")
    found = _summary(folder / RECORD, pixels)
    if found is None or not (folder / PAGE).exists():
        typed = text(command("audit", folder), 2000)
        return Html(f"The films of {text(folder.name)} were not audited: <code>{typed}</code>")
    place = quote(os.path.relpath(folder / PAGE, page.parent))
    problems, hints = found
    said = f"{count(problems)} problem{'s' * (problems != 1)}, {count(hints)} hint{'s' * (hints != 1)}"
    return Html(f'<a href="{attribute(place, 4000)}">Audit of the films of {text(folder.name)}</a>: {said}.')


def _summary(record: Path, pixels: str) -> tuple[int, int] | None:
    """Problems and hints of an audit of these very films."""
    try:
        content = json.loads(record.read_text())
        found = content["summary"]
        return (int(found["problem"]), int(found["hint"])) if content["pixels"] == pixels else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
