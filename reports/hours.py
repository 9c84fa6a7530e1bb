"""What the workers' time was spent on: how much of it went into trials that count, and how much into everything
else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from reports._drawing.figures import COLOURS, GREY, Panel, new_figure
from reports._drawing.html import Html, Number, plain, text
from reports._drawing.html import table as html_table
from reports._drawing.numbers import HOUR, MINUTE, MISSING, clock_time
from reports._evidence.groups import Group
from reports._evidence.rows import short_names
from reports._section import Section
from trials.hours import (
    ABLATION,
    COMPILING,
    COMPLETE,
    FAILED,
    FINAL,
    MEASURING,
    PARTIAL,
    PARTS,
    SETTING_UP,
    STARTING,
    STOPPED,
    UNFINISHED,
    UNUSED,
    WAITING,
    hours_of,
)

if TYPE_CHECKING:
    import plotly.graph_objects as go

SECTION = Section(
    order=51,
    title="Where the hours went",
    note="What the workers of a search did, its final and its ablation included; all rows together are the number of "
    "workers times the time by the clock. A core-hour is an hour of one of a worker's cores, whether it was busy or "
    "not. Making networks is building, tracing and compiling them: what the first calls of each took beyond the "
    "second ones. Lost is the work on folds that were not used: of a worker that died, of a trial that another fold "
    "had ended meanwhile, and those that were left when the search was stopped. Setting up is what a search does "
    "before a worker gets its first fold: it looks at the films, measures how fast the machine is, trains the "
    "baselines.",
)
# What is one colour in the picture.
SHOWN = {
    "complete trials": (COLOURS[2], (COMPLETE,)),
    "stopped early": (COLOURS[4], (STOPPED, PARTIAL)),
    "nothing came of it": (COLOURS[1], (FAILED, UNFINISHED, UNUSED)),
    "final and ablation": (COLOURS[0], (FINAL, ABLATION)),
    "before training": (COLOURS[5], (COMPILING, STARTING, MEASURING, SETTING_UP)),
    "waiting": (GREY, (WAITING,)),
}
COLUMNS = ["run", "part", "seconds", "share", "cores", "workers", "clock"]


def data(group: Group) -> pd.DataFrame:
    """One row a run and part that has taken time (trials/hours.py), empty while nothing was trained. seconds: of a
    worker; share: of all that it is known of; cores: of a worker; workers: 0 where it is not known what they did all
    the time; clock: seconds, NaN then."""
    rows = []
    for run in group.runs:
        hours = hours_of(run)
        known = sum(hours.seconds.values())
        rows += [
            (run.path.name, part, spent, spent / known, hours.cores, hours.workers, hours.clock)
            for part, spent in hours.seconds.items()
        ]
    return pd.DataFrame(rows, columns=COLUMNS)


def show(table: pd.DataFrame) -> list[Panel]:
    """A bar a run, the table, and which runs have no time sheet."""
    names = short_names(list(dict.fromkeys(table["run"])))
    unit, divisor = unit_of(table)
    return [_figure(table, names, unit, divisor), _table(table, names, unit, divisor), *_unknown(table, names)]


def unit_of(table: pd.DataFrame) -> tuple[str, float]:
    """`core-hours` with their seconds, or minutes where no run has taken many hours."""
    most = (table["seconds"] * table["cores"]).groupby(table["run"]).sum().max()
    return ("core-hours", HOUR) if most >= 3 * HOUR else ("core-minutes", MINUTE)


def _figure(table: pd.DataFrame, names: dict[str, str], unit: str, divisor: float) -> go.Figure:
    figure = new_figure(unit, "", height=190 + 36 * len(names))  # a narrow window breaks the legend
    spent = (table["seconds"] * table["cores"] / divisor).groupby([table["run"], table["part"]]).sum()
    for label, (colour, parts) in SHOWN.items():
        values = [sum(float(spent.get((run, part), 0.0)) for part in parts) for run in names]
        if any(values):
            figure.add_bar(
                x=[round(value, 3) for value in values],
                y=[plain(name) for name in names.values()],
                orientation="h",
                name=label,
                marker_color=colour,
                hovertemplate=f"{label}: %{{x:,.1f}} {unit}<extra></extra>",
            )
    figure.update_layout(barmode="stack", legend={"traceorder": "normal"})
    figure.update_yaxes(type="category", autorange="reversed", showticklabels=len(names) > 1, showgrid=False)
    return figure


def _table(table: pd.DataFrame, names: dict[str, str], unit: str, divisor: float) -> Html:
    """A row a part, a pair of columns a run: what it took, and the share."""
    rows = []
    by_run = {str(run): of_run.set_index("part") for run, of_run in table.groupby("run", sort=False)}
    for part in PARTS:
        cells = [_cells(by_run[run], part, divisor) for run in names]
        if any(part in by_run[run].index for run in names):
            rows.append([text(part), *(cell for pair in cells for cell in pair)])
    totals = [_total(by_run[run], divisor) for run in names]
    rows.append([text("all together"), *(cell for pair in totals for cell in pair)])
    rows.append([text("workers × the clock"), *(cell for run in names for cell in _clock(by_run[run]))])
    one = len(names) == 1
    head = [part for run in names for part in (unit if one else f"{plain(names[run])}, {unit}", "Share")]
    return html_table("What the workers' time was spent on", ["Spent on", *head], rows)


def _cells(of_run: pd.DataFrame, part: str, divisor: float) -> tuple[Html, Html]:
    if part not in of_run.index:
        return Number(MISSING), Number(MISSING)
    seconds, cores, share = (float(of_run[column][part]) for column in ("seconds", "cores", "share"))
    return Number(_amount(seconds * cores / divisor)), Number(f"{share * 100:.0f} %")


def _total(of_run: pd.DataFrame, divisor: float) -> tuple[Html, Html]:
    return Number(_amount(float((of_run["seconds"] * of_run["cores"]).sum()) / divisor)), Number("100 %")


def _amount(spent: float) -> str:
    """Two decimals where they are most of the number."""
    return f"{spent:,.2f}" if spent < 10 else f"{spent:,.1f}"


def _clock(of_run: pd.DataFrame) -> tuple[Html, Html]:
    row = of_run.iloc[0]
    if not row["workers"]:
        return Number(MISSING), Number("")
    cores = f" of {row['cores']} cores" if row["cores"] > 1 else ""
    most = "" if np.isclose(of_run["seconds"].sum(), row["workers"] * row["clock"], rtol=1e-3) else "up to "
    return Number(text(f"{most}{row['workers']}{cores} × {clock_time(row['clock'])}")), Number("")


def _unknown(table: pd.DataFrame, names: dict[str, str]) -> list[Html]:
    without = [names[run] for run in names if not np.isfinite(table.loc[table["run"] == run, "clock"]).all()]
    if not without:
        return []
    whose = "" if len(names) == 1 else f" of {', '.join(without)}"
    return [
        Html(
            f"<p class='note'>What the workers{text(whose)} did when they trained nothing is on no record: that was "
            "searched before there were time sheets. Making networks is counted with the trials there.</p>"
        )
    ]
