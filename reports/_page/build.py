"""The report: one HTML file that works offline, asks for nothing, and has the same bytes for the same runs.

build_report([RunStore.open(path) for path in paths], Path("runs/report.html"))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from reports import load, sections
from reports._drawing.figures import embed
from reports._drawing.glossary import glossary, linked
from reports._drawing.html import Html, attribute, join, text
from reports._drawing.metrics import metric_of, objective_of
from reports._drawing.reading import reading
from reports._drawing.words import phrase, words_of_labels
from reports._evidence.groups import Group, run_groups
from reports._page.alarms import alarms, patients_unknown, stress_test
from reports._page.answer import answer
from reports._page.document import document
from reports._page.head import group_title, head, runs_table
from reports._page.strip import strip
from reports._page.tables import TITLE, check_place, table_files
from reports._page.typed import with_run_names
from reports._section import SectionFile, table_of, titled
from trials.best import best_trials
from trials.files import write_together
from trials.store import RunStore
from xrays.errors import UserError
from xrays.next_command import command
from xrays.tasks import TASKS

# Of what becomes of films.
ON_VECTORS = "Nothing to say: these networks take vectors that another model has made of the films."


def build_report(
    runs: Sequence[RunStore],
    out: Path,
    *,
    images: bool = True,
    reload: int = 0,
    beside: Callable[[Sequence[Group]], Mapping[Path, bytes]] | None = None,
) -> Path:
    """Writes the page about these runs and returns `out`; its tables as CSV and JSON beside it. Neither the order of
    the runs nor the time of building shows. images: with films of single patients; reload: seconds after which an
    open page shows itself anew (`live.js`), 0 for never; beside: makes further files of its groups, which are written
    with it, all or none. Raises UserError without a run."""
    if not runs:
        raise UserError(
            "no run to report on", "one run folder or more", command("search", task=next(iter(TASKS)), trials=10)
        )
    check_place(out)
    groups = run_groups(runs, images)
    files = sorted(((name, load(name)) for name in sections()), key=lambda item: (item[1].SECTION.order, item[0]))
    body = join([head(groups, out), *(_group(group, files) for group in groups), runs_table(groups), glossary()])
    further = beside(groups) if beside else {}
    for folder in {file.parent for file in (out, *further)}:
        folder.mkdir(parents=True, exist_ok=True)
    # A file name may hold bytes that are no text; they must not keep the page from being written.
    page = document(TITLE, body, reload).encode("utf-8", "replace")
    write_together({**further, **table_files(out, groups), out: page})
    return out


def _group(group: Group, files: Sequence[tuple[str, SectionFile]]) -> Html:
    metrics = [metric_of(group.task, name) for name in group.task.metrics]
    meanings = join((f"{text(metric.label)}: {text(metric.meaning)}" for metric in metrics), ". ")
    better = "less" if group.task.direction == "min" else "more"
    fitting = [(name, file) for name, file in files if group.task.kind in file.SECTION.kinds]
    shown = {name: _section(name, file, group) for name, file in fitting}
    links = join(
        f'<li><a href="#{group.slug}-{name}">{text(titled(file.SECTION, group))}</a></li>'
        for name, file in fitting
        if shown[name]
    )
    warnings = join([stress_test(group.splits), patients_unknown(group.films.groups), alarms(group.frame)])
    return Html(
        f'<section class="group" id="{group.slug}"><h2>{group_title(group)}</h2>'
        f"{warnings}{linked(answer(group))}{strip(group)}"
        f"<p class='note'>Ranked by {text(objective_of(group.task).label)} ({better} is better). {meanings}. Fold "
        f"plan <code>{text(group.plan[:8])}</code>; scores from another plan are not comparable with these.</p>"
        f'<nav class="contents" aria-label="{group_title(group, attribute)}: sections"><ul>{links}</ul></nav>'
        f"{with_run_names(_whose(group, join(shown.values())), _leading(group))}</section>"
    )


def _whose(group: Group, markup: Html) -> Html:
    """The tables as landmarks of this group: another one has tables of the same name, and who hears the page has
    nothing but their names."""
    named = f'role="region" aria-label="{group_title(group, attribute)}: '
    return Html(markup.replace('role="region" aria-label="', named))


def _leading(group: Group) -> RunStore:
    """The run of the best trial, or the first one."""
    first = best_trials(group.rows, 1)["run"]
    return group.run(first.iloc[0]) if len(first) else group.runs[0]


def _on_films(group: Group) -> Group | None:
    """The runs of the group whose networks take films, None where none does."""
    runs = tuple(run for run in group.runs if not run.experiment.vectors)
    names = [run.path.name for run in runs]
    return replace(group, runs=runs, frame=group.frame[group.frame["run"].isin(names)]) if runs else None


def _section(name: str, file: SectionFile, group: Group) -> Html:
    section, table = file.SECTION, table_of(group, name)
    title, place = titled(section, group), f'id="{group.slug}-{name}"'
    if table.empty:
        said = text(section.empty or "")
        if section.on_films:
            films = _on_films(group)
            said = with_run_names(said, _leading(films)) if films else text(ON_VECTORS)
        return Html(f"<section {place}><h3>{text(title)}</h3><p>{said}</p></section>" if said else "")
    panels = [
        panel if isinstance(panel, Html) else embed(panel, f"{group.slug}-{name}-{number}", title)
        for number, panel in enumerate(file.show(table), 1)
    ]
    note = phrase(section.note, group.task, **words_of_labels(group.task, group.labels))
    return Html(f"<section {place}><h3>{text(title)}</h3>{reading(note, title)}{join(panels)}</section>")
