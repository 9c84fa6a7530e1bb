"""The tables of a group for a paper: the answer, the leaderboard, those of sections that belong into one, and where
all numbers come from.

for table in tables_of(group): …
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from reports import load, sections
from reports._drawing.html import Html, Table, plain_text
from reports._drawing.numbers import count, scalar
from reports._drawing.words import phrase, words_of_labels
from reports._evidence.groups import Group
from reports._page.head import banner, group_title, run_facts
from reports._page.hold_out import times
from reports._paper.leaderboard import leaderboard
from reports._paper.scores import scores
from reports._paper.table import PaperTable
from reports._section import is_shown, table_of
from trials.best import best_trials
from xrays.patients import whose


def tables_of(group: Group) -> list[PaperTable]:
    """All of them; each tells of how many films, folds and trials it is, and is named after the task."""
    made = [*scores(group), *leaderboard(group), *_of_sections(group), *_configuration(group), *_provenance(group)]
    title, basis = plain_text(group_title(group)), basis_of(group)
    return [
        replace(
            table,
            label=f"{group.slug}-{table.label}",
            caption=f"{title}. {table.caption}",
            notes=(*table.notes, *basis),
        )
        for table in made
    ]


def basis_of(group: Group) -> tuple[str, ...]:
    """What numbers of the group rest on, in sentences: films, folds, trials, plan, hold-out, and whether the films
    were real."""
    scored = group.films.scored(group.task)[0]
    trials, runs = int((group.frame["kind"] == "trial").sum()), len(group.runs)
    held = int(group.films.hold_out().sum())
    opened = f"opened {times(group.opened)}" if group.opened else "not opened"
    lines = [
        f"Basis: {whose(group.films.groups[scored])}, {group.runs[0].experiment.folds_in_words}, "
        f"{count(trials)} {'trial' if trials == 1 else 'trials'} of {count(runs)} {'run' if runs == 1 else 'runs'}; "
        f"hold-out {f'of {count(held)} films, {opened}' if held else 'none'}; fold plan {group.plan[:8]}.",
        plain_text(banner(group.runs)),
    ]
    return tuple(line for line in lines if line)


def _of_sections(group: Group) -> Iterator[PaperTable]:
    """The tables of whatever section says that it belongs into a paper, with the paragraphs before each."""
    files = sorted((load(name).SECTION.order, name) for name in sections() if load(name).SECTION.paper)
    for _, name in files:
        if not is_shown(group, name) or table_of(group, name).empty:
            continue
        section, said, number = load(name).SECTION, list[str](), 0
        reading = phrase(section.paper, group.task, **words_of_labels(group.task, group.labels))
        for panel in load(name).show(table_of(group, name)):
            if isinstance(panel, Table):
                number += 1
                yield PaperTable(
                    f"{name}{f'-{number}' if number > 1 else ''}".replace("_", "-"),
                    f"{panel.caption}.",
                    tuple(panel.head),
                    tuple(tuple(map(plain_text, row)) for row in panel.rows),
                    (*said, reading),
                )
                said = []
            elif isinstance(panel, Html) and panel.startswith("<p>"):
                said += [plain_text(Html(part)) for part in panel.split("</p>") if plain_text(Html(part))]


def _configuration(group: Group) -> Iterator[PaperTable]:
    for row in best_trials(group.rows, 1).to_dict("records"):
        params = json.loads(row["params"])
        rows = tuple((name, scalar(params[name])) for name in row["effective"])
        if rows:
            caption = f"Configuration of the best trial ({row['name']}): the parameters that have an effect."
            yield PaperTable("configuration", caption, ("Parameter", "Value"), rows)


def _provenance(group: Group) -> Iterator[PaperTable]:
    for number, run in enumerate(group.runs, 1):
        rows = tuple((name, plain_text(fact)) for name, fact in run_facts(run, group.frame).items())
        caption = f"How run {run.path.name} was made."
        yield PaperTable(f"run-{number}", caption, ("What", "How"), rows, prose=True)
