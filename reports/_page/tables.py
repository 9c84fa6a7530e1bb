"""The leaderboards as files for other programs: one CSV of all rows, and one JSON with the headlines as well.

table_files(Path("runs/report.html"), groups)       # {runs/report.csv: b"task,…", runs/report.json: b"{…}"}
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

from reports._evidence.groups import Group
from reports._page.schema import VERSION
from reports._page.times import outlook, spent
from reports._section import table_of
from trials.products import claim, holds
from xrays.errors import UserError
from xrays.next_command import command, option
from xrays.strict_json import as_json, plain

TITLE = "<title>Search report: chest X-rays</title>"
# Every table begins with these, with or without rows: by them it is known again.
FIRST = ("task", "plan", "data", "kind", "name", "label", "run")
# Of a check.
CHECKED = ("code", "severity", "title", "found", "more", "why", "section", "command")
# On the page only.
LEFT_OUT = {"weak", "run_name", "of", "effective", "against", "curve"}


def check_place(page: Path) -> None:
    """Raises UserError when page or tables would overwrite what is none of a report's, or are one file."""
    if not page.name or page.suffix.lower() in (".csv", ".json"):
        raise UserError(
            f"--out {page}", "the name of an HTML file", command("report", out=f"{page.stem or 'report'}.html")
        )
    other = f"{option('out', page.with_name('report.html'))}, or another name"
    claim(page, "report", holds(TITLE), other)
    claim(page.with_suffix(".csv"), "report", holds(",".join(FIRST)), other)
    claim(page.with_suffix(".json"), "report", holds('\n "groups": ['), other)


def table_files(page: Path, groups: Sequence[Group]) -> dict[Path, bytes]:
    """Bytes by file: NAME.csv, a row a trial in the order of the ranking, and NAME.json, the same by group with what
    the page says of it (`schema.py` says what each key is). page: NAME.html."""
    tables = [(group, [_kept(row) for row in table_of(group, "leaderboard").to_dict("records")]) for group in groups]
    rows = [{**row, **_folds(row), **_seeds(row)} for _, of_group in tables for row in of_group]
    groups_of_rows = ",\n".join(_lines(group, rows) for group, rows in tables)
    content = f'{{\n "version": {VERSION},\n "groups": [\n{groups_of_rows}\n ]\n}}'
    return {
        page.with_suffix(".csv"): _csv(rows).encode("utf-8", "replace"),
        page.with_suffix(".json"): content.encode(),
    }


def _kept(row: Mapping[Hashable, Any]) -> dict[str, Any]:
    return {str(key): given for key, given in row.items() if key not in LEFT_OUT}


def _group(group: Group) -> dict[str, Any]:
    choice, noise = group.choice, group.seed_noise
    return {
        "task": group.task.name,
        "plan": group.plan,
        "objective": group.task.objective,
        "direction": group.task.direction,
        "runs": [run.path.name for run in group.runs],
        "corrected": choice
        and {
            "score": choice.corrected,
            "interval": list(choice.interval),
            "trials": choice.among,
            "partial": choice.partial,
            "without_a_fold": choice.unseen,
            "same_as_others": len(choice.same),
            "folds_scored": choice.scored,
        },
        "seed_noise": noise
        and {
            "sd": noise.sd,
            "difference": noise.difference,
            "trials": noise.trials,
            "seeds": noise.seeds,
            "diverged": noise.diverged,
        },
        "hold_out_openings": group.opened,
        "checks": [{name: row[name] for name in CHECKED} for row in table_of(group, "checks").to_dict("records")],
        "hours": spent(group),
        "outlook": outlook(group),
    }


def _lines(group: Group, rows: Sequence[Mapping[str, Any]]) -> str:
    """The group as JSON, a row a line: with an indent Python would take ten times as long to write them."""
    lines = ",\n".join(as_json({**row, "params": json.loads(row["params"])}) for row in rows)
    return f'{as_json(_group(group))[:-1]}, "rows": [\n{lines}\n]}}'


def _folds(row: Mapping[str, Any]) -> dict[str, Any]:
    return {f"fold_{fold}": score for fold, score in row["by_fold"].items()}


def _seeds(row: Mapping[str, Any]) -> dict[str, Any]:
    return {f"seed_{place}": score for place, score in enumerate(row["seeds"], 1)}


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Tasks have metrics of their own: a column of another task is empty. RFC 4180."""
    columns = [
        key
        for key in dict.fromkeys([*FIRST, *(key for row in rows for key in row)])
        if key not in ("by_fold", "seeds")
    ]
    content = io.StringIO()
    writer = csv.writer(content)
    writer.writerow(columns)
    writer.writerows([_cell(plain(row.get(key))) for key in columns] for row in rows)
    return content.getvalue()


def _cell(given: object) -> object:
    """A spreadsheet would run a text that begins like a formula."""
    return f"'{given}" if isinstance(given, str) and given[:1] in ("=", "+", "-", "@", "\t", "\r") else given
