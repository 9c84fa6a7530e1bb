"""A run folder in, a run of an experiment on a tracking server out: what is there already is not said again.

    publish(store, "running", Destination("http://127.0.0.1:5000"), models={}, say=print)

The search is said last and its trials first, but for its name: a search that has its figures has all its trials.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from reports._evidence.groups import Group, run_groups
from reports._page.build import build_report
from reports._publish.entry import TOP
from reports._publish.private import paths_of, without_audit, without_paths
from reports._publish.search import search_entry
from reports._publish.server import open_server
from reports._publish.trials import trial_entries
from trials.experiment import Experiment
from trials.store import RunStore
from xrays.errors import UserError
from xrays.locks import alone

EVERY = 10.0  # seconds between two lines
LOCK = ".publish.lock"


@dataclass(frozen=True)
class Destination:
    """uri: as MLflow takes it; experiment: there, "" for the one of the task; images: whether the page has films of
    single patients."""

    uri: str
    experiment: str = ""
    images: bool = False


def publish(
    store: RunStore,
    state: str,
    to: Destination,
    models: Mapping[Path, Mapping[str, Any]],
    say: Callable[[str], None],
) -> None:
    """state: of the run, as `runs` tells it; models: exported ones, with their cards. Of two calls at once the second
    one waits, where the run folder can be written: both would make what neither has found. Raises UserError."""
    of_models = model_files(store, models)
    with alone(store.path / LOCK, lambda: say("another process publishes this run: waiting for it")):
        _bring(store, state, to, of_models, say)


def _bring(
    store: RunStore, state: str, to: Destination, of_models: Mapping[str, bytes], say: Callable[[str], None]
) -> None:
    group, experiment = run_groups([store], to.images)[0], store.experiment
    name = to.experiment or f"cxr-automl {experiment.task}"
    server = open_server(to.uri, name, f"{experiment.digest[:16]} {store.provenance.created}")
    own, trials = search_entry(group, state), list(trial_entries(group))
    done, said = Counter[str](), time.monotonic()
    if TOP not in server:
        server.bring(replace(own, status="RUNNING", ended=None, points=(), tags={}))
    for number, entry in enumerate(trials, 1):
        done[server.bring(entry)] += 1
        if time.monotonic() - said > EVERY:
            said = time.monotonic()
            say(f"{number:,} of {len(trials):,} trials and folds")
    files = {**page_files(group, to.images), **of_models}
    sent = server.attach(TOP, files)
    server.bring(own)
    counts = ", ".join(f"{number:,} {how}" for how, number in sorted(done.items()))
    say(f"trials and folds: {counts or 'none so far'}")
    say(f"files:            {sent:,} of {len(files):,} sent, the others were there")
    say(f"published:        {server.address(TOP)}")


def page_files(group: Group, images: bool) -> dict[str, bytes]:
    """The page about the run alone and its tables, without paths of the machine."""
    paths = paths_of(group.runs[0])
    with tempfile.TemporaryDirectory() as folder:
        page = build_report(group.runs, Path(folder) / "report.html", images=images)
        made = [page, page.with_suffix(".csv"), page.with_suffix(".json")]
        return {f"report/{file.name}": without_paths(without_audit(file.read_bytes()), paths) for file in made}


def model_files(store: RunStore, models: Mapping[Path, Mapping[str, Any]]) -> dict[str, bytes]:
    """Each with its card and the card's pages. Raises UserError for a model of another run."""
    paths, files = paths_of(store), dict[str, bytes]()
    for model, card in models.items():
        if Experiment.from_json(card["experiment"]) != store.experiment:
            raise UserError(
                f"{model} is of the run {card['run']}", f"a model of {store.path.name}", "--model with another file"
            )
        source = str(card.get("data", {}).get("source", ""))
        files[f"model/{model.name}"] = model.read_bytes()
        for end in (".json", ".md", ".html"):
            if (file := model.with_suffix(end)).is_file():
                known = [*paths, source] if source else paths
                files[f"model/{file.name}"] = without_paths(file.read_bytes(), known)
    return files
