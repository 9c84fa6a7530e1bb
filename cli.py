"""Finds the best model for age and gender from chest X-rays.

    python cli.py prepare DIR --size 128
    python cli.py spaces
    python cli.py search --task age --trials 50
    python cli.py report
    python cli.py export --task age
    python cli.py predict best_age.h5 film.png

Only typer is imported here: every command loads what it needs when it runs.
"""

from __future__ import annotations

import atexit
import gc
import io
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperArgument, TyperCommand, TyperOption

from xrays.errors import UserError


class Listing(TyperCommand):
    """A command whose help names what there is: `{spaces}` in it stands for their names, which are looked up when
    somebody asks for help."""

    def get_help(self, ctx: Any) -> str:
        """The help of the command, with the names."""
        from runners._commands.names import names_of_all

        for parameter in self.params:
            if isinstance(parameter, TyperArgument | TyperOption) and parameter.help:
                parameter.help = parameter.help.format_map(names_of_all())
        return super().get_help(ctx)


class Export(Listing):
    """The command whose --ensemble may stand without its number, for which typer has no option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The words that are left, once those of options are taken."""
        spelt_out: list[str] = []
        for word, after in zip(args, [*args[1:], "--"], strict=False):  # of no words there is no next one
            spelt_out.append(word)
            if word == "--ensemble" and after.startswith("-") and not after[1:].isdigit():
                from runners._commands.export import MEMBERS

                spelt_out.append(str(MEMBERS))
        return super().parse_args(ctx, spelt_out)


app = typer.Typer(
    help=__doc__.splitlines()[0] if __doc__ else None,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

RUNS = Path("runs")
DATA = Path("data")

# What several commands take.
Run = Annotated[str, typer.Argument(help="Run folder or its name.")]
Runs = Annotated[Path, typer.Option(help="Where run folders lie.")]
DataOfRun = Annotated[Path | None, typer.Option(help="Prepared folder. [default: the one of the run]")]
WeightsOfRun = Annotated[
    str | None, typer.Option(help="Pretrained weights, if they have moved. [default: those of the run]")
]


@app.callback(invoke_without_command=True)
def options(
    version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False,
) -> None:
    """What stands before a command."""
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"cxr-automl {installed('cxr-automl')}")
        raise typer.Exit


@app.command(cls=Listing)
def prepare(
    source: Annotated[
        str, typer.Argument(help="One of {sources}, or a folder in the SPR layout.", metavar="SOURCE|DIR")
    ],
    folder: Annotated[
        Path | None, typer.Argument(help="Where the films lie, for a source that takes a folder.", metavar="DIR")
    ] = None,
    labels: Annotated[str | None, typer.Option(help="For table: CSV or TSV with a row a film.")] = None,
    id_column: Annotated[
        str | None, typer.Option("--id", help="Its column of names, paths or numbers of films.", metavar="COLUMN")
    ] = None,
    age: Annotated[
        str | None, typer.Option(help="Its column of ages: 58, 058Y, 006M, 85 or more.", metavar="COLUMN")
    ] = None,
    gender: Annotated[
        str | None, typer.Option(help="Its column of genders: F, female, 0; M, male, 1.", metavar="COLUMN")
    ] = None,
    patient: Annotated[
        str | None, typer.Option(help="Its column of patients. [default: these are guessed]", metavar="COLUMN")
    ] = None,
    birth: Annotated[str | None, typer.Option(help="Instead of --age: date of birth.", metavar="COLUMN")] = None,
    study: Annotated[str | None, typer.Option(help="And date of the study.", metavar="COLUMN")] = None,
    view: Annotated[str | None, typer.Option(help="Column that tells lateral films.", metavar="COLUMN")] = None,
    follow_up: Annotated[
        str | None, typer.Option(help="Column that orders a patient's films in time.", metavar="COLUMN")
    ] = None,
    split: Annotated[str | None, typer.Option(help="Column of a division to keep to.", metavar="COLUMN")] = None,
    keep: Annotated[str | None, typer.Option(help="Other columns to keep.", metavar="COLUMN,…")] = None,
    images: Annotated[
        str | None, typer.Option(help="Films alone whose path below DIR is like this.", metavar="PATTERN")
    ] = None,
    views: Annotated[str | None, typer.Option(help="`all`: lateral films, too.")] = None,
    female: Annotated[str | None, typer.Option(help="The table's word for female.", metavar="VALUE")] = None,
    male: Annotated[str | None, typer.Option(help="The table's word for male.", metavar="VALUE")] = None,
    bands: Annotated[str | None, typer.Option(help="Ages like 80-84 or 90+: `middle` or `drop`.")] = None,
    age_unit: Annotated[str | None, typer.Option(help="Of ages: years, months, weeks, days.")] = None,
    conflicts: Annotated[
        str, typer.Option(help="Patients with two genders, or whose age falls: `keep`, or `drop` their films.")
    ] = "keep",
    out: Annotated[
        Path | None, typer.Option(help="Prepared folder; of several sizes OUT+SIZE. [default: data/NAME+SIZE]")
    ] = None,
    size: Annotated[
        list[int] | None,
        typer.Option(help="Side of the prepared films in pixels; several: a folder each. [default: 128]"),
    ] = None,
    version: Annotated[
        str | None, typer.Option(help="For spr: version of the Kaggle set. [default: the newest]")
    ] = None,
    polarity: Annotated[
        str, typer.Option(help="Negatives: `keep` counts them, `auto` puts them right, film by film.")
    ] = "keep",
    keep_borders: Annotated[
        bool, typer.Option("--keep-borders", help="Leave black, white and collimated margins on the films.")
    ] = False,
    clahe: Annotated[bool, typer.Option("--clahe", help="Even the contrast out over every film.")] = False,
    features: Annotated[
        Path | None,
        typer.Option(
            help="Vectors that another model has made of the films, by film id: .npy, .npz, .csv, .parquet."
        ),
    ] = None,
    features_origin: Annotated[str, typer.Option(help="That model, for report and card.", metavar="TEXT")] = "",
    no_audit: Annotated[bool, typer.Option("--no-audit", help="Do not end with the audit of the films.")] = False,
) -> None:
    """Decode films once into arrays that every search reads."""
    from runners._commands.prepare import PrepareOptions, next_search, recipe_of
    from runners._commands.prepare import prepare as run_prepare

    typed = {
        "version": version,
        "labels": labels,
        "id": id_column,
        "age": age,
        "gender": gender,
        "patient": patient,
        "birth": birth,
        "study": study,
        "view": view,
        "follow_up": follow_up,
        "split": split,
        "keep": keep,
        "images": images,
        "views": views,
        "female": female,
        "male": male,
        "bands": bands,
        "age_unit": age_unit,
    }
    of_source = {name: str(given) for name, given in typed.items() if given is not None}
    recipe = recipe_of(polarity, keep_borders, clahe)
    options = PrepareOptions(
        source,
        DATA,
        out,
        tuple(size or (128,)),
        folder,
        of_source,
        recipe,
        conflicts,
        features,
        features_origin,
    )
    for prepared in run_prepare(options, say=typer.echo):
        if not no_audit:
            _audit(prepared, None)
        typer.echo(f"next:    {next_search(prepared)}")


@app.command()
def audit(
    data: Annotated[
        Path | None,
        typer.Argument(help="Prepared folder, or one with label files alone. [default: the only one in data/]"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The HTML file; findings as JSON beside it. [default: DATA/audit.html]")
    ] = None,
    no_images: Annotated[bool, typer.Option("--no-images", help="Leave single patients' films out.")] = False,
) -> None:
    """Say what is wrong with a collection before anything is trained on it."""
    _audit(data, out, images=not no_images)


@app.command(cls=Listing)
def search(
    task: Annotated[str, typer.Option(help="{tasks}.")],
    trials: Annotated[int, typer.Option(help="Configurations to try, those of earlier calls included.")] = 50,
    data: Annotated[Path | None, typer.Option(help="Prepared folder. [default: the only one in data/]")] = None,
    space: Annotated[str, typer.Option(help="What is searched over: {spaces}; see `spaces`.")] = "cnn",
    narrow: Annotated[
        list[str] | None,
        typer.Option("--set", help="Narrow a parameter: depth=3..4, backbone={two_backbones}."),
    ] = None,
    fix: Annotated[list[str] | None, typer.Option(help="Hold a parameter: batch_size=32.")] = None,
    weights: Annotated[
        str | None,
        typer.Option(
            help="For space {pretrained}: imagenet, none, a file or folder of .h5, or a .pt. [default: imagenet]"
        ),
    ] = None,
    max_params: Annotated[int, typer.Option(help="Train no network with more parameters.", show_default="any")] = 0,
    cache_gb: Annotated[
        float, typer.Option(help="Room for features of frozen backbones, beside the films; the run keeps to it.")
    ] = 10.0,
    runner: Annotated[
        str | None, typer.Option(help="What proposes configurations: {runners}. [default: {runner}]")
    ] = None,
    sampler: Annotated[
        str | None,
        typer.Option(help="{samplers}. [default: the runner's first]"),
    ] = None,
    grid_points: Annotated[int, typer.Option(help="Points of every range in a grid.")] = 3,
    pruner: Annotated[str, typer.Option(help="When bad trials end early: {pruners}.")] = "race",
    folds: Annotated[int, typer.Option(help="Cross-validation folds.")] = 5,
    repeats: Annotated[int, typer.Option(help="Repeated cross-validation: deal the films to folds so often.")] = 1,
    epochs: Annotated[int, typer.Option(help="Epochs a fold is trained.")] = 30,
    workers: Annotated[int, typer.Option(help="Folds trained at once.", show_default="what suits this machine")] = 0,
    max_concurrent: Annotated[
        int,
        typer.Option(
            help="Trials trained at the same time; other workers share their folds.",
            show_default="as many as there are workers",
        ),
    ] = 0,
    worker_memory: Annotated[float, typer.Option(help="GB that a worker may take.", show_default="its share")] = 0.0,
    ray: Annotated[str, typer.Option(help="Train on a Ray cluster: its address, or `local`.")] = "",
    worker_cpus: Annotated[
        float | None, typer.Option(help="Cores of the cluster that a worker gets. [default: 1]")
    ] = None,
    worker_gpus: Annotated[
        float | None, typer.Option(help="GPUs of the cluster that a worker gets; 0.5 for two on one. [default: 1]")
    ] = None,
    timeout: Annotated[
        str,
        typer.Option(
            help="Time for all, the final too: 90m, 8h. No fold is begun after it, no trial that would hardly end.",
            show_default="none",
        ),
    ] = "",
    fold_timeout: Annotated[
        str, typer.Option(help="Give a fold up after this time: 20m.", show_default="never")
    ] = "",
    max_fold_epochs: Annotated[
        int, typer.Option(help="Epochs over all folds and trials after which no trial is begun.", show_default="any")
    ] = 0,
    patience: Annotated[
        int, typer.Option(help="End after so many trials without a better one.", show_default="never")
    ] = 0,
    stop_at_noise: Annotated[
        bool, typer.Option("--stop-at-noise", help="End when 20 trials gained no more than noise.")
    ] = False,
    start_from: Annotated[
        str | None, typer.Option(help="Try the best configurations of this run first, of any task.")
    ] = None,
    enqueue: Annotated[Path | None, typer.Option(help="Try the configurations of this JSON file first.")] = None,
    finalists: Annotated[
        int,
        typer.Option(
            help="End with two more seeds for so many trials that are tied with the best; 0 for none. With --timeout "
            "fewer, then one more seed, so that it takes a quarter of the time at most."
        ),
    ] = 3,
    keep_weights: Annotated[
        str,
        typer.Option(
            help="Keep the networks of the folds of the best K trials, and of the members of ensembles of K, for "
            "`export` (of 3K trials at most; 4K while the search runs): best:K, or none."
        ),
    ] = "best:5",
    no_portfolio: Annotated[
        bool,
        typer.Option("--no-portfolio", help="Begin without configurations and values that did well on other films."),
    ] = False,
    no_ablation: Annotated[
        bool, typer.Option("--no-ablation", help="Do not end with the best one with and without augmentation.")
    ] = False,
    fork: Annotated[
        bool, typer.Option("--fork", help="Begin another folder, which learns from the newest run that differs.")
    ] = False,
    fork_from: Annotated[str | None, typer.Option(help="The same, learning from this run.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the search and of training.")] = 0,
    holdout: Annotated[
        float | None,
        typer.Option(help="Share of the films that only `export` looks at, 0 to 0.5. [default: 0.15]"),
    ] = None,
    split: Annotated[
        str,
        typer.Option(
            help="Column of the films with train, val and test: test is held out.",
            metavar="COLUMN",
            show_default="none",
        ),
    ] = "",
    stress: Annotated[
        str,
        typer.Option(help="Make every fold of films that are unlike the others': {stress}.", show_default="none"),
    ] = "",
    split_seed: Annotated[int, typer.Option(help="Seed of hold-out and folds.")] = 0,
    precision: Annotated[
        str, typer.Option(help="float32, mixed, or auto: mixed where that is faster and as good.")
    ] = "auto",
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Write curves for TensorBoard.")] = False,
    name: Annotated[str | None, typer.Option(help="Name of the run folder. [default: from the options]")] = None,
    runs: Runs = RUNS,
) -> None:
    """Search for the best configuration; the same command goes on where it stopped."""
    from reports._page.found import found_lines
    from runners._commands.sample import SampleSearch, films_or_sample
    from runners._commands.search import search as run_search
    from runners._commands.search import what_next
    from runners._search.options import Limits, Place, SearchOptions, kept, seconds
    from runners._terminal.summary import summary
    from xrays.next_command import command_line
    from xrays.splits import Splits
    from xrays.tasks import task_named

    task_named(task)
    chosen = films_or_sample(data, DATA, SampleSearch(task, trials, folds * repeats, epochs), say=typer.echo)
    options = SearchOptions(
        task=task,
        data=chosen,
        trials=trials,
        space=space,
        sets=tuple(narrow or ()),
        fixes=tuple(fix or ()),
        portfolio=not no_portfolio,
        weights=weights,
        max_params=max_params,
        cache_gb=cache_gb,
        runner=runner,
        sampler=sampler,
        pruner=pruner,
        folds=folds,
        repeats=repeats,
        epochs=epochs,
        seed=seed,
        splits=Splits(split_seed, holdout, split, stress),
        precision=precision,
        grid_points=grid_points,
        limits=Limits(
            seconds(timeout),
            seconds(fold_timeout, "--fold-timeout"),
            max_fold_epochs or float("inf"),
            patience,
            stop_at_noise,
            finalists,
        ),
        place=Place(workers, max_concurrent, worker_memory, ray, worker_cpus, worker_gpus),
        start_from=start_from,
        enqueue=enqueue,
        fork=fork,
        fork_from=fork_from,
        tensorboard=tensorboard,
        networks=kept(keep_weights),
        name=name,
        runs=runs,
        command=command_line(),
    )
    store, outcome = run_search(options, say=typer.echo, ablation=not no_ablation)
    typer.echo(summary(store))
    page = _report([], runs, None)
    typer.echo(f"report:  {page}")
    for line in found_lines(page, store.path.name):
        typer.echo(line)
    for line in what_next(store, options, outcome):
        typer.echo(line)
    if outcome.kind == "stopped":
        raise typer.Exit(130)


@app.command()
def spaces(
    name: Annotated[str | None, typer.Argument(help="A space, or `preview` for what augmentation does.")] = None,
    previewed: Annotated[str | None, typer.Argument(help="After `preview`: a space.", metavar="[NAME]")] = None,
    task: Annotated[str, typer.Option(help="Task whose networks are timed.")] = "age",
    data: Annotated[Path | None, typer.Option(help="Prepared folder. [default: the only one in data/]")] = None,
    narrow: Annotated[list[str] | None, typer.Option("--set", help="As for search.")] = None,
    fix: Annotated[list[str] | None, typer.Option(help="As for search.")] = None,
    out: Annotated[Path | None, typer.Option(help="Contact sheet of `preview`. [default: preview.png]")] = None,
) -> None:
    """List the search spaces; of one its parameters and what a search over it costs here."""
    from runners._commands.preview import preview
    from runners._commands.spaces import SpacesOptions, describe, overview
    from xrays.next_command import command

    if previewed is not None and name != "preview":
        raise UserError(f"spaces {name} {previewed}", "one space", command("spaces", name))
    if name is None:
        lines = overview()
    elif name == "preview":
        lines = preview(previewed, data, DATA, out or Path("preview.png"))
    else:
        lines = describe(SpacesOptions(name, task, data, DATA, tuple(narrow or ()), tuple(fix or ())))
    for line in lines:
        typer.echo(line)


@app.command()
def report(
    run: Annotated[list[str] | None, typer.Argument(help="Run folders or their names. [default: all]")] = None,
    out: Annotated[Path | None, typer.Option(help="The HTML file. [default: RUNS/report.html]")] = None,
    no_images: Annotated[bool, typer.Option("--no-images", help="Leave single patients' films out.")] = False,
    latex: Annotated[Path | None, typer.Option(help="Tables for a paper, too: a .tex file.", metavar="FILE")] = None,
    docx: Annotated[Path | None, typer.Option(help="The same tables for Word: a .docx file.", metavar="FILE")] = None,
    methods: Annotated[
        Path | None, typer.Option(help="The methods section, too: a .md or .txt file.", metavar="FILE")
    ] = None,
    figures: Annotated[
        Path | None, typer.Option(help="Every figure as SVG and PDF, too: a folder.", metavar="FOLDER")
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Build it again while a search runs; it reloads itself.")
    ] = False,
    runs: Runs = RUNS,
) -> None:
    """Write the leaderboard as one HTML file that works offline."""
    names, images = run or [], not no_images
    if not watch:
        paper = (latex, docx, methods, figures)
        typer.echo(f"report: {_report(names, runs, out, images=images, paper=paper)}")
        for made in filter(None, paper):
            typer.echo(f"paper:  {made}")
        return
    if latex or docx or methods or figures:
        raise UserError(
            "--watch with files for a paper", "one of both", "report without --watch when the search is over"
        )
    from reports._page.live import RELOAD, page_updates
    from trials.folders import run_folders

    lines = page_updates(
        lambda live: _report(names, runs, out, images=images, reload=RELOAD if live else 0),
        lambda: run_folders(names, runs),
    )
    try:
        for line in lines:
            typer.echo(line)
    except KeyboardInterrupt:
        typer.echo(f"report: {_report(names, runs, out, images=images)}")


@app.command("runs")
def list_runs(
    runs: Runs = RUNS, json: Annotated[bool, typer.Option("--json", help="For programs: an object a run.")] = False
) -> None:
    """List the runs with their state and best score."""
    from runners._commands.runs import json_of, lines, listed

    found = listed(runs)
    typer.echo(json_of(found) if json else "\n".join(lines(found)))


@app.command("rerun")
def train_again(
    run: Run,
    trial: Annotated[int, typer.Option(help="Number of the trial.")],
    fold: Annotated[int | None, typer.Option(help="One fold alone. [default: all that it has]")] = None,
    seeds: Annotated[
        int,
        typer.Option(
            help="So many other seeds, those there are count. [default: the same seed]", min=0, show_default=False
        ),
    ] = 0,
    data: DataOfRun = None,
    weights: WeightsOfRun = None,
    runs: Runs = RUNS,
) -> None:
    """Train a trial again: reproduce it bit for bit on the CPU, or see what the seed alone changes."""
    from runners._commands.rerun import NotReproduced, RerunOptions, rerun
    from xrays.next_command import command_line

    try:
        for line in rerun(RerunOptions(run, trial, runs, fold, seeds, data, weights, command_line())):
            typer.echo(line)
    except NotReproduced as error:
        typer.echo(f"not reproduced: {error}", err=True)
        raise typer.Exit(1) from None


@app.command()
def ablate(
    run: Run,
    repeats: Annotated[
        int, typer.Option(help="Seeds, each with another division into folds; those there are count.", min=1)
    ] = 1,
    timeout: Annotated[str, typer.Option(help="Begin no fold after this time: 90m, 8h.", show_default="none")] = "",
    workers: Annotated[int, typer.Option(help="Folds trained at once.", show_default="as its search")] = 0,
    data: DataOfRun = None,
    weights: WeightsOfRun = None,
    runs: Runs = RUNS,
) -> None:
    """Train the best trial anew with and without each augmentation; the same command goes on where it stopped."""
    from runners._commands.ablate import AblateOptions
    from runners._commands.ablate import ablate as run_ablation
    from runners._search.options import Limits, Place, seconds
    from xrays.next_command import command_line

    options = AblateOptions(
        run,
        runs,
        repeats=repeats,
        data=data,
        weights=weights,
        place=Place(workers),
        limits=Limits(seconds(timeout)),
        command=command_line(),
    )
    outcome = run_ablation(options, say=typer.echo)
    typer.echo(f"report: {_report([], runs, None)}")
    if outcome.kind == "stopped":
        raise typer.Exit(130)


@app.command(cls=Listing)
def replay(
    run: Annotated[str, typer.Argument(help="A run that was made with --pruner none.")],
    pruner: Annotated[str, typer.Option(help="{judges}.")] = "race",
    seeds: Annotated[int, typer.Option(help="Orders of the trials: the recorded one and shuffled ones.", min=1)] = 5,
    runs: Runs = RUNS,
) -> None:
    """What a pruner would have saved in a finished run, and which winners it would have lost."""
    from runners._commands.replay import replay_run

    for line in replay_run(run, runs, pruner, seeds):
        typer.echo(line)


@app.command()
def publish(
    run: Run,
    to: Annotated[
        str | None, typer.Option(help="MLflow server or its database. [default: MLFLOW_TRACKING_URI]", metavar="URI")
    ] = None,
    experiment: Annotated[
        str | None, typer.Option(help="There; made if it is not. [default: cxr-automl TASK]", metavar="NAME")
    ] = None,
    model: Annotated[
        list[Path] | None, typer.Option(help="Exported model of the run, which goes with its card; several.")
    ] = None,
    images: Annotated[bool, typer.Option("--images", help="The page has films of single patients.")] = False,
    runs: Runs = RUNS,
) -> None:
    """Bring a run to MLflow (extra `mlflow`): trials as child runs, folds of complete trials as theirs, the page.

    Parameters, metrics, learning curves, what the hold-out came to where `export` has opened it; no ids of films or
    patients, no paths of this machine. The same command goes on where it stopped, and adds what a search has found
    since.
    """
    from reports._publish.publish import Destination
    from reports._publish.publish import publish as bring
    from runners._commands.runs import state_of
    from runners._models.cards import read_card
    from trials.checked import checked_runs

    store = checked_runs([run], runs, typer.echo)[0]
    cards = {file: read_card(file) for file in model or []}
    place = Destination(to or os.environ.get("MLFLOW_TRACKING_URI", ""), experiment or "", images)
    bring(store, state_of(store), place, cards, say=typer.echo)


@app.command()
def dashboard(
    run: Run,
    port: Annotated[int, typer.Option(help="Of this machine.")] = 8080,
    runs: Runs = RUNS,
) -> None:
    """Look at a run in optuna-dashboard (extra `dashboard`)."""
    from runners._commands.dashboard import serve

    serve(run, runs, port, say=typer.echo)


@app.command(cls=Export)
def export(
    task: Annotated[str, typer.Option(help="{tasks}.")],
    run: Annotated[str | None, typer.Option(help="Run folder or its name. [default: the best of the task]")] = None,
    trial: Annotated[int | None, typer.Option(help="Number of the trial. [default: the best]")] = None,
    ensemble: Annotated[
        int | None,
        typer.Option(
            help="Several trials that are better together, at most so many; 5 where no number is given. [default: "
            "one trial]",
            metavar="[K]",
        ),
    ] = None,
    folds: Annotated[
        bool, typer.Option("--folds", help="The networks of the folds, not one trained on all films.")
    ] = False,
    include_holdout: Annotated[
        bool, typer.Option("--include-holdout", help="Train on the hold-out, too: there is no score on it then.")
    ] = False,
    formats: Annotated[
        str, typer.Option(help="Of {formats}, with commas: written beside the .h5, which is written in any case.")
    ] = "h5",
    out: Annotated[Path | None, typer.Option(help="The model file. [default: best_TASK.h5]")] = None,
    data: DataOfRun = None,
    weights: WeightsOfRun = None,
    runs: Runs = RUNS,
) -> None:
    """Write the best configuration, or several, as one model with its card; score the hold-out, load it again.

    Exit code 1 where a format that was asked for could not be written or answers otherwise; the .h5 is kept."""
    from runners._commands.export import ExportOptions
    from runners._commands.export import export as run_export
    from xrays.next_command import command, command_line

    options = ExportOptions(
        task,
        out or Path(f"best_{task}.h5"),
        runs,
        run,
        trial,
        ensemble,
        folds,
        include_holdout,
        data,
        weights,
        command_line(),
        formats,
    )
    exported = run_export(options, say=typer.echo)
    for file in (exported.model, *exported.others):
        typer.echo(f"model:   {file}")
    typer.echo(f"card:    {_card(exported.model)}")  # whatever becomes of the report
    typer.echo(f"report:  {_report([], runs, None)}")
    typer.echo(f"next:    {command('predict', exported.model, exported.takes)}")
    for line in exported.failed:
        typer.echo(f"error: not written: {line}", err=True)
    if exported.failed:
        raise typer.Exit(1)


@app.command()
def explain(
    what: Annotated[str, typer.Argument(help="A run, or a model that export has written.", metavar="RUN|MODEL")],
    films: Annotated[
        list[Path] | None, typer.Argument(help="For a model: films, or folders of them.", metavar="[FILM...]")
    ] = None,
    trial: Annotated[int | None, typer.Option(help="Number of the trial. [default: the best]")] = None,
    out: Annotated[Path | None, typer.Option(help="Where maps of FILMs go. [default: MODEL_explained]")] = None,
    data: DataOfRun = None,
    weights: WeightsOfRun = None,
    runs: Runs = RUNS,
) -> None:
    """Show on films what a network looks at (Grad-CAM), and check that this depends on what it learnt."""
    from runners._commands.explain import ExplainOptions
    from runners._commands.explain import explain as explained
    from xrays.next_command import command, command_line

    given = tuple(films or ())
    for line in explained(ExplainOptions(what, runs, given, trial, data, weights, out, command_line())):
        typer.echo(line)
    if not given:
        typer.echo(f"report:  {_report([], runs, None)}")
        typer.echo(f"next:    {command('card', 'MODEL.h5')}   (for the card of a model that was exported before)")


@app.command()
def card(
    model: Annotated[Path, typer.Argument(help="A model that export has written, with its .json beside it.")],
    runs: Runs = RUNS,
) -> None:
    """Bring what explain has found since into a model's card, and write its pages anew. Scores stay as they are."""
    from runners._commands.card import renew_card

    changed = renew_card(model, runs)
    typer.echo(f"new      {' and '.join(changed) or 'nothing: the card has what explain has found'}")
    typer.echo(f"card:    {_card(model)}")


@app.command()
def predict(
    model: Annotated[Path, typer.Argument(help="A model that export has written, with its .json beside it.")],
    films: Annotated[
        list[Path],
        typer.Argument(
            help="Films: PNG, JPEG, TIFF, DICOM, or folders of them; vectors, for a model on these.",
            metavar="FILE|DIR...",
        ),
    ],
    recursive: Annotated[bool, typer.Option("--recursive", help="The films in folders of a DIR, too.")] = False,
    by: Annotated[str, typer.Option(help="One answer a `film`, or a `patient`.")] = "film",
    patients: Annotated[
        Path | None,
        typer.Option(help="Table with columns film and patient. [default: DICOM's PatientID]", metavar="FILE"),
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="A table of the answers.", metavar="FILE")] = None,
    json: Annotated[Path | None, typer.Option(help="The answers for programs.", metavar="FILE")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Answers, too, for blank, lateral and coloured films, or no chests.")
    ] = False,
) -> None:
    """Print what a model says of films, a number or the likelier class with its probability. They are preprocessed as
    in training. Exit code 1 where a film has no answer."""
    from functools import partial

    from runners._commands.predict import PredictOptions, Stopped
    from runners._commands.predict import predict as asked

    options = PredictOptions(model, tuple(films), recursive, force, csv, json, by, patients)
    say = _echo_while_read if csv or json else typer.echo
    try:
        tally = asked(options, say=say, warn=partial(typer.echo, err=True))
    except Stopped:
        raise typer.Exit(130) from None
    if tally.missing:
        raise typer.Exit(1)


@app.command()
def evaluate(
    model: Annotated[Path, typer.Argument(help="A model that export has written, with its .json beside it.")],
    data: Annotated[Path | None, typer.Option(help="Prepared folder. [default: the only one in data/]")] = None,
    with_seen: Annotated[
        bool, typer.Option("--with-seen", help="Score films, too, that the model has seen; they are marked.")
    ] = False,
    recalibrate: Annotated[
        int | None,
        typer.Option(
            help="Write MODEL-for-DATA.h5, put right on so many of the films; 0 says only how many it takes.",
            metavar="N",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="The HTML file; its tables as JSON beside it. [default: MODEL-on-DATA.html beside MODEL]"),
    ] = None,
) -> None:
    """Say how good a model is on films from elsewhere, and whether its promises hold there."""
    from reports._evaluation.page import build_evaluation, check_place
    from runners._commands.evaluate import EvaluateOptions, opened_data
    from runners._commands.evaluate import evaluate as run_evaluation

    options = EvaluateOptions(model, data, DATA, with_seen, recalibrate)
    place = out or model.with_name(f"{model.stem}-on-{opened_data(options).name}.html")
    check_place(place)
    evaluated = run_evaluation(options, say=typer.echo)
    if evaluated.recalibrated:
        written = model.with_name(evaluated.recalibrated.file)
        typer.echo(f"model:   {written}")
        typer.echo(f"card:    {_card(written)}")
    typer.echo(f"report:  {build_evaluation(evaluated, place)}")


def _echo_while_read(line: str) -> None:
    """For lines that are not all: behind `| head -1` the files are wanted all the same."""
    try:
        typer.echo(line)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is still to be said


def _audit(data: Path | None, out: Path | None, images: bool = True) -> None:
    from reports._audit.page import build_audit
    from runners._commands.audit import AuditOptions, lines
    from runners._commands.audit import audit as run_audit

    audited, place = run_audit(AuditOptions(data, DATA, out))
    for line in lines(audited):
        typer.echo(line)
    typer.echo(f"audit:   {build_audit(audited, place, images=images)}")


def _card(model: Path) -> Path:
    """Its pages for people."""
    from reports._card.build import build_card
    from runners._models.cards import read_card

    return build_card(read_card(model), model)


def _report(
    names: list[str],
    runs: Path,
    out: Path | None,
    images: bool = True,
    reload: int = 0,
    paper: tuple[Path | None, ...] = (),
) -> Path:
    from reports._page.build import build_report
    from trials.checked import checked_runs

    beside = None
    if any(paper):
        from reports._paper.order import Order

        order = Order(*paper)
        order.check()
        beside = order.files
    found = checked_runs(names, runs, lambda line: typer.echo(line, err=True))
    return build_report(found, out or runs / "report.html", images=images, reload=reload, beside=beside)


def main() -> None:
    """Entry point: a user's mistake is told without a traceback and exits with 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a file's name may hold bytes that are no text
            stream.reconfigure(errors="backslashreplace")
    atexit.register(gc.freeze)  # all that was loaded is not looked through for garbage at the end: 0.3 s
    try:
        app()
    except UserError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(2)
    except OSError as error:
        from xrays.os_errors import for_user

        if (refused := for_user(error)) is None:
            raise
        typer.echo(f"error: {refused}", err=True)
        sys.exit(2)
    except SystemExit as ended:
        # Typer makes an exit of Ctrl-C, and says nothing.
        if isinstance(getattr(ended.__context__, "__cause__", None), KeyboardInterrupt):
            typer.echo("stopped: what was finished is kept; the same command goes on, or begins again", err=True)
        raise


if __name__ == "__main__":
    main()
