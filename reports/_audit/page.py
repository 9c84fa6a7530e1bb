"""The audit of a collection as one HTML file that works offline, and the same for programs as JSON beside it.

build_audit(look_at(collection), Path("data/nih128/audit.html"))
"""

from __future__ import annotations

import re
from pathlib import Path

from reports._audit.parts import drawn
from reports._drawing.html import Html, join, text
from reports._drawing.numbers import count
from reports._drawing.severities import HEADINGS
from reports._page.document import USE, document
from trials.files import write_together
from trials.products import claim, holds
from xrays.audit._audit import Audit, Entry
from xrays.audit._finding import SEVERITIES, Severity
from xrays.errors import UserError
from xrays.next_command import command, option
from xrays.strict_json import as_json

TITLE = "<title>Audit: chest X-rays</title>"


def build_audit(audit: Audit, out: Path, *, images: bool = True) -> Path:
    """Writes the page and returns `out`; the findings beside it as JSON. images: with films of single patients.
    Raises UserError for a place where something else lies."""
    _check_place(out)
    groups = join(_group(audit, severity, images) for severity in SEVERITIES)
    body = join([_head(audit), groups])
    out.parent.mkdir(parents=True, exist_ok=True)
    page = document(TITLE, body).encode("utf-8", "replace")
    write_together({out.with_suffix(".json"): as_json(audit.record(), indent=1).encode(), out: page})
    return out


def _check_place(page: Path) -> None:
    if not page.name or page.suffix.lower() == ".json":
        accepted = "the name of an HTML file"
        raise UserError(f"--out {page}", accepted, command("audit", "DATA", out=f"{page.stem or 'audit'}.html"))
    other = f"{option('out', page.with_name('audit-2.html'))}, or another name"
    claim(page, "audit", holds(TITLE), other)
    claim(page.with_suffix(".json"), "audit", holds('{\n "audit":'), other)


def _head(audit: Audit) -> Html:
    collection = audit.collection
    drawn_films = collection.arrays.meta["synthetic"]
    banner = (
        '<p class="banner" role="note"><strong>Synthetic films.</strong> These films were drawn by a computer: '
        "nothing here says anything about patients.</p>"
        if drawn_films
        else ""
    )
    what = "films" if collection.images is not None else "films, of which there are labels alone"
    links = join(
        f'<li><a href="#{_slug(severity)}">{HEADINGS[severity]}: {len(audit.of(severity))}</a></li>'
        for severity in SEVERITIES
    )
    return Html(
        f"<header><h1>Audit of {text(collection.name)}</h1><p>{USE} "
        f"{count(len(collection.ids))} {what}, looked at before anything is trained on them.</p>{banner}"
        f'<nav aria-label="Contents"><ul>{links}</ul></nav></header>'
    )


def _group(audit: Audit, severity: Severity, images: bool) -> Html:
    entries = audit.of(severity)
    shown = join(_entry(audit, entry, images) for entry in entries) or "<p>None.</p>"
    heading = f"{HEADINGS[severity]}: {len(entries)}"
    return Html(f'<section class="group" id="{_slug(severity)}"><h2>{heading}</h2>{shown}</section>')


def _entry(audit: Audit, entry: Entry, images: bool) -> Html:
    finding, check = entry.finding, entry.check
    mend = f"<p><code>{text(finding.command, 2000)}</code></p>" if finding.command else ""
    explained = check.note and finding.severity != "not applicable"
    note = f"<p class='note'>{_with_code(text(check.note, 2000))}</p>" if explained else ""
    parts = join(
        drawn(part, audit.collection, f"{entry.code}-{number}", check.title, images)
        for number, part in enumerate(finding.parts, 1)
    )
    heading = f"{text(check.title)} <small><code>{text(entry.code)}</code></small>"
    return Html(
        f'<section id="{text(entry.code)}"><h3>{heading}</h3>'
        f"<p>{text(finding.found, 4000)}</p>{mend}{note}{parts}</section>"
    )


def _with_code(markup: Html) -> Html:
    """With what stands between backticks as code."""
    return Html(re.sub("`([^`]+)`", r"<code>\1</code>", markup))


def _slug(severity: Severity) -> str:
    return severity.replace(" ", "-")
