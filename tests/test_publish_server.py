"""Runs brought to a real MLflow server: what is there then, after a kill, and after the search has gone on."""

from __future__ import annotations

import importlib.util
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cli_process import CLI, called
from mlflow_server import mlflow_server
from run_folders import mixed, opened_ways, run_folder, trial

from trials.files import locked
from trials.store import RunStore

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(importlib.util.find_spec("flask_cors") is None, reason="MLflow's server is not installed"),
]
OWN = "cxr."


@dataclass(frozen=True)
class Server:
    """A real one. folder: its runs.db is read for what is there, which costs less than a question a metric."""

    uri: str
    folder: Path

    def asked(self, question: str, *values: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.folder / "runs.db")) as database:
            return database.execute(question, values).fetchall()

    def runs(self, experiment: str) -> int:
        """How many there are."""
        asked = "select count(*) from runs join experiments using (experiment_id) where experiments.name = ?"
        return int(self.asked(asked, experiment)[0][0])

    def there(self, experiment: str) -> dict[str, dict[str, Any]]:
        """What the experiment holds, run by run: under its key, with the key of the run above it."""
        rows = self.asked(
            "select run_uuid, status, start_time, end_time from runs join experiments using (experiment_id) "
            "where experiments.name = ? and runs.lifecycle_stage = 'active'",
            experiment,
        )
        tags = {run: dict(self.asked("select key, value from tags where run_uuid = ?", run)) for run, *_ in rows}
        keys = {run: of_run[f"{OWN}key"] for run, of_run in tags.items()}
        assert len(set(keys.values())) == len(keys), "a run is there twice"
        found = {}
        for run, *facts in rows:
            points = self.asked("select key, step, value from metrics where run_uuid = ?", run)
            assert len({(key, step) for key, step, _ in points}) == len(points), "a point is there twice"
            found[keys[run]] = {
                "above": keys.get(tags[run].pop("mlflow.parentRunId", "")),
                "facts": facts,
                "params": dict(self.asked("select key, value from params where run_uuid = ?", run)),
                "points": sorted(points),
                "tags": tags[run],
            }
        return found

    def files(self) -> list[Path]:
        """All that the server was given."""
        return [file for file in (self.folder / "files").rglob("*") if file.is_file()]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    with mlflow_server(folder) as uri:
        yield Server(uri, folder)


def brought(store: RunStore, uri: str, experiment: str, *words: object) -> str:
    done = called(
        "publish", store.path, "--to", uri, "--experiment", experiment, *words, cwd=store.path.parent.parent
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_run_is_there_as_it_is_here(server: Server, tmp_path: Path) -> None:
    store = run_folder(tmp_path / "runs", trials=mixed("age"), holdout=[opened_ways("age", 3)], with_baselines=False)
    store.save_budget({"trials": 5})
    assert "14 new" in brought(store, server.uri, "whole")
    found = server.there("whole")
    assert len(found) == 15 and {"report.csv", "report.html", "report.json"} == {file.name for file in server.files()}
    assert found["trial 3"]["above"] == "search" and found["trial 3 fold 2"]["above"] == "trial 3"
    assert {found[key]["facts"][0] for key in ("search", "trial 3", "trial 3 fold 0")} == {"FINISHED"}
    assert found["trial 1"]["facts"][0] == "KILLED" and found["trial 2"]["facts"][0] == "FAILED"
    assert ("fold_mae", 2, 8.5) in found["trial 3"]["points"] and found["trial 3"]["params"]["depth"] == "3"
    assert [step for name, step, _ in found["trial 3 fold 0"]["points"] if name == "epoch_mae"] == [1, 2, 3, 4]
    said = brought(store, server.uri, "whole")
    assert "14 as before" in said and "0 of 3 sent" in said
    assert server.there("whole") == found


def test_what_a_search_has_found_since_is_added(server: Server, tmp_path: Path) -> None:
    store = run_folder(tmp_path / "runs", trials=mixed("gender"), task="gender", with_baselines=False)
    with locked(store.path):  # the search runs
        brought(store, server.uri, "grows")
    before = server.there("grows")
    assert before["search"]["facts"][0] == "RUNNING"
    store.append(trial(5, [0.9, 0.95, 0.9], task="gender"))
    store.add_opening(opened_ways("gender", 5))
    said = brought(store, server.uri, "grows")
    assert "14 as before, 4 new" in said
    after = server.there("grows")
    assert {key: after[key] for key in before if key != "search"} == {
        key: before[key] for key in before if key != "search"
    }
    assert after["search"]["facts"][0] == "KILLED"  # its call has left no ending
    best = [(step, value) for name, step, value in after["search"]["points"] if name == "best_accuracy"]
    assert [step for step, _ in best] == [5, 6] and best[1][1] == pytest.approx(0.9167, abs=1e-4)
    assert any(name == "holdout_accuracy" for name, _, _ in after["search"]["points"])


def test_a_request_that_came_twice_leaves_no_twin(server: Server, tmp_path: Path) -> None:
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=server.uri)
    store = run_folder(tmp_path / "runs", trials=[trial(0, [9.0, 9.5, 10.0])], with_baselines=False)
    brought(store, server.uri, "twins")
    before = server.there("twins")
    number = client.get_experiment_by_name("twins").experiment_id
    for run in client.search_runs([number]):
        own = {name: run.data.tags[name] for name in (f"{OWN}key", f"{OWN}search")}
        client.create_run(number, run.info.start_time, own, run.info.run_name)
    assert server.runs("twins") == 2 * len(before)
    assert "4 as before" in brought(store, server.uri, "twins")
    assert server.there("twins") == before


def test_killed_in_the_middle_it_neither_doubles_nor_loses(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reports._publish.server.PAGE", 5)  # what is there is read page by page
    trials = [trial(number, [9.0 + number, 9.5, 10.0]) for number in range(8)]
    store = run_folder(tmp_path / "runs", trials=trials, with_baselines=False)
    brought(store, server.uri, "never killed")
    words = ("publish", store.path, "--to", server.uri, "--experiment", "killed")
    process = subprocess.Popen([sys.executable, CLI, *words], cwd=tmp_path, stdout=subprocess.DEVNULL, env=os.environ)
    while process.poll() is None and server.runs("killed") < 12:
        time.sleep(0.01)
    process.kill()
    assert process.wait() == -9 and 12 <= server.runs("killed") < 33, "it was over before"
    said = brought(store, server.uri, "killed")
    assert "new" in said and "as before" in said
    assert server.there("killed") == server.there("never killed")


def test_a_server_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    store = run_folder(tmp_path / "runs", trials=mixed("age"), with_baselines=False)
    done = called("publish", store.path, "--to", "http://127.0.0.1:9", cwd=tmp_path)
    assert done.returncode == 2 and "cannot be used: connection refused" in done.stderr.splitlines()[0]


def test_what_is_no_mlflow_server_is_told(server: Server, tmp_path: Path) -> None:
    store = run_folder(tmp_path / "runs", trials=mixed("age"), with_baselines=False)
    done = called("publish", store.path, "--to", f"{server.uri}/elsewhere", cwd=tmp_path)
    assert done.returncode == 2 and "it answers with 404" in done.stderr.splitlines()[0]


def test_a_deleted_experiment_is_told(server: Server, tmp_path: Path) -> None:
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=server.uri)
    client.delete_experiment(client.create_experiment("gone"))
    store = run_folder(tmp_path / "runs", trials=mixed("age"), with_baselines=False)
    done = called("publish", store.path, "--to", server.uri, "--experiment", "gone", cwd=tmp_path)
    assert done.returncode == 2 and "'gone' was deleted" in done.stderr.splitlines()[0]
