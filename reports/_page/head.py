"""What stands above the results: what the page is, which runs it shows, and whether the films were real."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from reports._drawing.cells import weights_name
from reports._drawing.html import Html, Long, join, table, text
from reports._drawing.numbers import count
from reports._drawing.words import enumeration, plain_name, sentence_case
from reports._evidence.groups import Group
from reports._page.audits import audits
from reports._page.document import USE
from trials.commands import commands_of
from trials.experiment import Experiment
from trials.lineage import cautions, load_lineage
from trials.provenance import Provenance
from trials.store import RunStore
from xrays.tasks import TASKS

STATES = ("complete", "pruned", "failed", "infeasible", "duplicate")


def head(groups: Sequence[Group], page: Path) -> Html:
    """Title, intended use, the banner where it applies, audits of the films, and links to the groups. page: where it
    will lie."""
    links = join(f'<li><a href="#{group.slug}">{group_title(group)}</a></li>' for group in groups)
    return Html(
        f'<header id="head"><h1>{_predicted()} from chest X-rays: search report</h1>'
        f"<p>{USE} Scores come from cross-validation "
        "on the films named below and say nothing about films from elsewhere.</p>"
        f"{banner([run for group in groups for run in group.runs])}"
        f"{caution([run for group in groups for run in group.runs])}"
        f"{audits([run for group in groups for run in group.runs], page)}"
        f'<nav aria-label="Contents"><ul>{links}<li><a href="#runs">Runs and provenance</a></li>'
        '<li><a href="#glossary">Words of this page</a></li></ul></nav></header>'
    )


def _predicted() -> Html:
    """`Age and gender`: what the project predicts, whichever of it is on this page."""
    return text(
        sentence_case(enumeration(list(dict.fromkeys(plain_name(task.label.name) for task in TASKS.values()))))
    )


def banner(runs: Sequence[RunStore]) -> Html:
    """Says which runs used synthetic films; empty when none did."""
    drawn = [run.path.name for run in runs if run.provenance.synthetic]
    if not drawn:
        return Html("")
    which = "" if len(drawn) == len(runs) else f" This applies to: {_names(drawn)}."
    return Html(
        '<p class="banner" role="note"><strong>Synthetic films.</strong> These films were drawn by a computer: '
        f"nothing here says anything about patients.{which}</p>"
    )


def caution(runs: Sequence[RunStore]) -> Html:
    """Of the runs whose films were known before: to their weights, or to a search that they learnt from. Empty when
    there are none."""
    warnings = [
        Html(f"{text(run.path.name)}: {text('; '.join(line.said for line in lines), 2000)}.")
        for run in runs
        if (lineage := load_lineage(run)) and (lines := cautions(run, lineage))
    ]
    if not warnings:
        return Html("")
    return Html(
        f'<p class="banner" role="note"><strong>Films that were known before.</strong> {join(warnings, "<br>")}</p>'
    )


def group_title(group: Group, escape: Callable[[str], Html] = text) -> Html:
    """`Age · nih64 · 5 folds`. escape: `attribute` for a place where no markup can stand."""
    data = join(map(escape, dict.fromkeys(run.experiment.data for run in group.runs)), ", ")
    folds = f"{group.runs[0].experiment.folds_in_words}{', stress test' if group.splits.stress else ''}"
    return Html(f"{sentence_case(plain_name(group.task.name))} · {data} · {escape(folds)}")


def runs_table(groups: Sequence[Group]) -> Html:
    """Where the numbers come from: one row a run, then what made it."""
    headings = ["Run", "Task", "Data", "Search", "Folds × epochs", "Seed", "Plan", "Trials", "Hold-out"]
    rows = [_row(run, group) for group in groups for run in group.runs]
    details = join(_details(run, group.frame) for group in groups for run in group.runs)
    return Html(
        f'<section id="runs"><h2>Runs and provenance</h2>{table("Runs", headings, rows)}{details}'
        "<p class='note'>Runs with the same plan have the same films in the same folds and may be compared.</p>"
        "</section>"
    )


def _row(run: RunStore, group: Group) -> list[Html]:
    experiment, provenance = run.experiment, run.provenance
    kind, size = ", synthetic" if provenance.synthetic else "", text(experiment.size)
    weights, searcher = (
        text(weights_name(experiment.weights or experiment.vectors)),
        f"{text(experiment.runner)}, {text(experiment.sampler)}",
    )
    return [
        Long(text(run.path.name)),
        text(experiment.task),
        Long(f"{text(experiment.data)} ({size} × {size}, {count(provenance.films)} films{kind})"),
        Long(f"{text(experiment.space)}, {weights}; {searcher}; pruner {text(experiment.pruner)}"),
        text(f"{len(experiment.every_fold)} × {experiment.epochs}"),
        text(experiment.seed),
        Html(f"<code>{text(experiment.plan[:8])}</code>"),
        Long(text(_trials(run, group.frame))),
        text(_hold_out(group)),
    ]


def _hold_out(group: Group) -> str:
    held = group.films.hold_out().mean()
    if not held:
        return "none"
    return f"{held:.0%} of the films, {f'opened {group.opened}×' if group.opened else 'not opened'}"


def _vectors(experiment: Experiment, provenance: Provenance) -> str:
    """What networks take that take no films, "" for others."""
    if not experiment.vectors:
        return ""
    origin = f", made by {provenance.vectors_origin}" if provenance.vectors_origin else ""
    return f"{experiment.vectors}, {count(experiment.width)} numbers a film{origin}"


def _films(provenance: Provenance) -> str:
    rejected = f", {count(provenance.rejected)} left out when they were prepared" if provenance.rejected else ""
    return f"{count(provenance.films)} used{rejected}"


def _trials(run: RunStore, frame: pd.DataFrame) -> str:
    states = frame.loc[(frame["run"] == run.path.name) & (frame["kind"] != "baseline"), "state"].value_counts()
    shown = [f"{states[state]} {state}" for state in STATES if state in states]
    waiting = len(run.open_trials())
    return ", ".join([*shown, *([f"{waiting} unfinished"] if waiting else [])]) or "none yet"


def run_facts(run: RunStore, frame: pd.DataFrame) -> dict[str, Html]:
    """What made a run, by name, without what there is not. frame: rows of `trials_frame`, its own among them."""
    experiment, provenance = run.experiment, run.provenance
    finished = frame.loc[(frame["run"] == run.path.name) & (frame["kind"] != "baseline"), "finished"]
    facts = {
        "Commands": _commands(run),
        "Started": provenance.created,
        "Last trial": max(finished, default=None),
        "Machine": provenance.device,
        "Seeds": f"search {experiment.seed}, hold-out and folds {provenance.splits.seed}",
        "Films": _films(provenance),
        "Division": "; ".join((str(provenance.splits), *provenance.split_notes)),
        "Precision": experiment.precision,
        "Backend": experiment.backend,
        "Space": join(map(text, (experiment.space, *(experiment.narrowing or ("all of it",)))), ", "),
        "Weights": None if experiment.vectors else weights_name(experiment.weights),
        "Vectors": _vectors(experiment, provenance),
        "Weight files, fingerprints": _pairs(provenance.weight_files),
        "Limit": f"{count(experiment.max_parameters)} parameters" if experiment.max_parameters else None,
        "Versions": _pairs(provenance.versions),
        "Learns from": provenance.fork_of,
        "Films, fingerprint": provenance.films_fingerprint,
        "Pixels, fingerprint": experiment.pixels,
        "Fold plan, fingerprint": experiment.plan,
    }
    return {
        name: fact if isinstance(fact, Html) else text(fact, 2000)
        for name, fact in facts.items()
        if fact is not None and fact != ""
    }


def _details(run: RunStore, frame: pd.DataFrame) -> Html:
    pairs = join(f"<div><dt>{name}</dt><dd>{fact}</dd></div>" for name, fact in run_facts(run, frame).items())
    return Html(f"<details><summary>How {text(run.path.name)} was made</summary><dl>{pairs}</dl></details>")


def _commands(run: RunStore) -> Html:
    """Every one that has written into the folder, the one that began it first."""
    times_of: dict[str, list[str]] = {}
    for made in commands_of(run.path):
        times_of.setdefault(made.command, []).append(made.at)
    return join(
        (
            f"<code>{text(command, 2000)}</code> <small>{text(times[0])}"
            f"{f', and {len(times) - 1} times again' if len(times) > 1 else ''}</small>"
            for command, times in times_of.items()
        ),
        "<br>",
    )


def _names(names: Sequence[str]) -> Html:
    return join((text(name) for name in names), ", ")


def _pairs(given: Mapping[str, Any]) -> Html:
    return join((f"{text(name)} {text(value)}" for name, value in given.items()), ", ")
