"""An MLflow server (extra `mlflow`), asked for the little that a published search needs.

    server = open_server("http://127.0.0.1:5000", "cxr-automl age", search="3f2a… 2026-11-30T11:29:01+00:00")
    server.bring(entry)              # "new", "changed" or "as before"
    server.attach("search", {"report/report.html": page})

Every run there carries its search and its key as tags from the moment it is made on, and the digest of all that is
said of it in the last write: whoever was killed in between finds it and says the rest, and MLflow's SQL stores keep
one copy of a point that comes twice. The client is kept from telling its makers of its use
(findings/mlflow_reports_its_use.sh), and from trying for minutes to reach a server that is not there.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from reports._publish.entry import DIGEST, KEY, OWN, SEARCH, Entry
from xrays.errors import UserError
from xrays.extras import with_extra
from xrays.next_command import option
from xrays.strict_json import as_json

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

Outcome = Literal["new", "changed", "as before"]

SCHEMES = ("http", "https", "databricks", "sqlite", "postgresql", "mysql", "mssql")
HERE = "http://127.0.0.1:5000"
SILENT = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true"}
AT_FIRST = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0", "MLFLOW_HTTP_REQUEST_TIMEOUT": "30"}
# Once it has answered: three more tries take 14 s. The client's own seven take minutes.
LATER = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3"}
FILES = f"{OWN}files"
# Of what the API takes in one request: 1,000 in all, of parameters and tags 100 each.
PARAMS, POINTS = 100, 800
PAGE = 1000  # runs


@dataclass(frozen=True)
class Known:
    """A run that is there. digest: of what was said of it, "" while not all of it is; metrics: the latest value of
    each; tags: all of them."""

    run: str
    digest: str
    metrics: Mapping[str, float]
    tags: Mapping[str, str]


class Server:
    """A search's runs in one experiment of a server. A class because it stands for a place elsewhere, and knows what
    is there."""

    def __init__(self, uri: str, client: MlflowClient, experiment: str, search: str) -> None:
        self.uri, self._client, self._experiment, self._search = shown(uri), client, experiment, search
        self._known = self._once(self._runs())

    def __contains__(self, key: str) -> bool:
        return key in self._known

    def bring(self, entry: Entry) -> Outcome:
        """Says of the entry what is not said yet; its parent is there already. Raises UserError."""
        found, above = self._known.get(entry.key), {}
        if entry.parent is not None:
            above = {"mlflow.parentRunId": self._known[entry.parent].run}
        own = {KEY: entry.key, SEARCH: self._search, **above}
        if found and found.digest == entry.digest and own.items() <= found.tags.items():
            return "as before"
        with told(self.uri):
            run = found.run if found else self._made(entry, own)
            if entry.ended is None:
                self._client.update_run(run, status=entry.status)
            else:
                self._client.set_terminated(run, entry.status, entry.ended)
            self._say(run, entry, found.metrics if found else {}, {**entry.tags, **own, DIGEST: entry.digest})
        self._known[entry.key] = Known(run, entry.digest, {}, {**(found.tags if found else {}), **own})
        return "changed" if found else "new"

    def attach(self, key: str, files: Mapping[str, bytes]) -> int:
        """Files of a run that is there, by folder and name. Returns how many of them were not there
        like this. Raises UserError."""
        run = self._known[key]
        there: dict[str, str] = json.loads(run.tags.get(FILES, "{}"))
        digests = {name: hashlib.sha256(content).hexdigest()[:16] for name, content in files.items()}
        missing = [name for name, digest in digests.items() if there.get(name) != digest]
        with told(self.uri), tempfile.TemporaryDirectory() as folder:
            for name in missing:
                file = Path(folder) / Path(name).name
                file.write_bytes(files[name])
                self._client.log_artifact(run.run, str(file), str(Path(name).parent))
                there[name] = digests[name]
                self._client.set_tag(run.run, FILES, as_json(there))
        return len(missing)

    def address(self, key: str) -> str:
        """Where a run is to be looked at."""
        run = self._known[key].run
        if not self.uri.startswith("http"):
            return f"{self.uri}, run {run}"
        return f"{self.uri.rstrip('/')}/#/experiments/{self._experiment}/runs/{run}"

    def _made(self, entry: Entry, own: Mapping[str, str]) -> str:
        made = self._client.create_run(self._experiment, entry.began, dict(own), entry.name)
        return str(made.info.run_id)

    def _say(self, run: str, entry: Entry, latest: Mapping[str, float], tags: Mapping[str, str]) -> None:
        """The tags in the last request, after all else: a server writes them last."""
        import time

        from mlflow.entities import Metric, Param, RunTag

        now = round(1000 * time.time())
        params = [Param(name, value) for name, value in entry.params.items()]
        points = [
            Metric(point.name, point.value, point.at or now, point.step)
            for point in entry.points
            if point.at is not None or latest.get(point.name) != point.value
        ]
        for start in range(0, len(params) - PARAMS, PARAMS):
            self._client.log_batch(run, params=params[start : start + PARAMS])
        params = params[(len(params) - 1) // PARAMS * PARAMS :]
        while len(points) > POINTS:
            self._client.log_batch(run, metrics=points[:POINTS])
            points = points[POINTS:]
        last = [RunTag(name, value) for name, value in tags.items()]
        self._client.log_batch(run, metrics=points, params=params, tags=last)

    def _once(self, runs: Iterable[Known]) -> dict[str, Known]:
        """By key. A request that was lost on its way back may have been sent twice, and has made a twin: it goes into
        the server's bin."""
        known: dict[str, Known] = {}
        for run in sorted(runs, key=lambda run: not run.digest):
            if known.setdefault(run.tags[KEY], run) is not run:
                with told(self.uri):
                    self._client.delete_run(run.run)
        return known

    def _runs(self) -> Iterator[Known]:
        """Those of the search that are there."""
        token = None
        while True:
            with told(self.uri):
                page = self._client.search_runs(
                    [self._experiment],
                    f"tags.`{SEARCH}` = '{self._search}'",
                    max_results=PAGE,
                    page_token=token,
                )
            for run in page:
                tags = run.data.tags
                yield Known(run.info.run_id, tags.get(DIGEST, ""), run.data.metrics, tags)
            if not (token := page.token):
                return


def open_server(uri: str, experiment: str, search: str) -> Server:
    """With the experiment, which is made if it is not there. Raises UserError for an address that is none, a server
    that does not answer within seconds or is no MLflow server, an experiment that was deleted there, and where
    MLflow's client is not installed."""
    if not uri:
        raise UserError("no server was named", "--to URI, or the variable MLFLOW_TRACKING_URI", option("to", HERE))
    scheme = urlsplit(uri).scheme.partition("+")[0]
    if uri != "databricks" and ("://" not in uri or scheme not in SCHEMES):
        near = f"http://{uri}" if "://" not in uri and ":" in uri else HERE
        raise UserError(
            f"--to {shown(uri)}", "the address of an MLflow server or of its database", option("to", near)
        )
    os.environ.update(SILENT)
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "ERROR")
    try:
        from mlflow.tracking import MlflowClient, set_tracking_uri
    except ImportError:
        raise UserError("MLflow's client is not installed", "the extra `mlflow`", with_extra("mlflow")) from None
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with told(uri), _environment(AT_FIRST):
        set_tracking_uri(uri)  # files go there, whatever the client was made with: 3.1 does so
        client = MlflowClient(tracking_uri=uri)
        there = client.get_experiment_by_name(experiment)
        if there is not None and there.lifecycle_stage == "deleted":
            raise UserError(
                f"the experiment {experiment!r} was deleted at {shown(uri)}",
                "one that is there, or a new name",
                f"--experiment NAME, or there: mlflow experiments restore --experiment-id {there.experiment_id}",
            )
        number = there.experiment_id if there else client.create_experiment(experiment)
    for name, value in LATER.items():
        os.environ.setdefault(name, value)
    return Server(uri, client, number, search)


@contextmanager
def told(uri: str) -> Iterator[None]:
    """Whatever the client makes of a place that cannot be used, as the user's error, in one line."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        raise UserError(
            f"{shown(uri)} cannot be used: {_reason(error)}",
            "an MLflow server that answers (`mlflow server` starts one), and what it asks for to sign in",
            f"the same command with {option('to', HERE)}; it goes on where it stopped",
        ) from error


def shown(uri: str) -> str:
    """Without user and password."""
    return re.sub(r"//[^/]*@", "//", uri)


def _reason(error: Exception) -> str:
    """The part of what the client says that a user can do something about: it tells the whole request, and the page
    that came instead of an answer."""
    said = " ".join(str(error).split())
    if known := re.search(r"\[Errno -?\d+\] ([\w ]+)|Failed to resolve '[^']+'|(?:connect|read) timeout", said):
        return (known[1] or known[0]).lower()
    if answered := re.search(r"failed with error code (\d+)", said):
        return f"it answers with {answered[1]} to what MLflow asks"
    return said[:300] or type(error).__name__


@contextmanager
def _environment(changes: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
