"""What a published run says, before any server is asked: tests/test_publish_server.py asks one."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from cli_process import called
from plotly.offline import get_plotlyjs
from run_folders import FILMS, FOLDS, add_seed, infeasible, mixed, opened_ways, run_folder, scores, trial, with_films

from reports._evidence.groups import run_groups
from reports._publish.entry import Entry
from reports._publish.private import paths_of, without_audit, without_paths
from reports._publish.publish import LOCK, Destination, model_files, page_files, publish
from reports._publish.search import search_entry
from reports._publish.server import shown
from reports._publish.trials import trial_entries
from trials.commands import note_command
from trials.seeds import Final, save_final
from trials.store import RunStore
from xrays.errors import UserError
from xrays.locks import alone
from xrays.strict_json import as_json
from xrays.tasks import TASKS


def entries(store: RunStore) -> dict[str, Entry]:
    """By key."""
    group = run_groups([store])[0]
    return {entry.key: entry for entry in (*trial_entries(group), search_entry(group, "finished"))}


def latest(entry: Entry) -> dict[str, float]:
    return {point.name: point.value for point in entry.points}


def curve(entry: Entry, name: str) -> list[float]:
    return [point.value for point in sorted(entry.points, key=lambda point: point.step) if point.name == name]


@pytest.mark.parametrize("task", TASKS)
def test_a_complete_trial_has_its_folds_below_it_and_others_have_their_curves(task: str, tmp_path: Path) -> None:
    store = run_folder(tmp_path, trials=[*mixed(task), infeasible(5, "too large", task=task)], task=task)
    found = entries(store)
    folds = {f"trial {number} fold {fold}" for number in (0, 3, 4) for fold in range(FOLDS)}
    assert found.keys() == {"search", *(f"trial {number}" for number in range(6)), *folds}
    assert {entry.parent for key, entry in found.items() if key in folds} == {"trial 0", "trial 3", "trial 4"}
    states = {number: found[f"trial {number}"].status for number in range(6)}
    assert states == {0: "FINISHED", 1: "KILLED", 2: "FAILED", 3: "FINISHED", 4: "FINISHED", 5: "FAILED"}
    objective, best = TASKS[task].objective, found["trial 3"]
    assert latest(best)[objective] == pytest.approx(sum(scores(task, 8.0, 9.0, 8.5)) / FOLDS)
    assert curve(best, f"fold_{objective}") == pytest.approx(scores(task, 8.0, 9.0, 8.5))
    assert len(curve(best, f"epoch_{objective}")) == len(curve(found["trial 3 fold 1"], "epoch_loss")) == 4
    # What a race stopped must not look better than what it did not.
    assert objective not in latest(found["trial 1"])
    assert len(curve(found["trial 1"], f"fold_0/epoch_{objective}")) == 4
    assert curve(found["trial 1"], f"fold_{objective}") == pytest.approx(scores(task, 12.0))
    assert found["trial 0"].name == "trial 0, notebook"
    assert "no room" not in str(found["trial 2"])


@pytest.mark.parametrize("task", TASKS)
def test_a_search_is_told_with_what_its_best_is_worth(task: str, tmp_path: Path) -> None:
    store = run_folder(tmp_path, trials=mixed(task), task=task, holdout=[opened_ways(task, 3)])
    group, own = run_groups([store])[0], entries(store)["search"]
    objective, said = TASKS[task].objective, latest(own)
    assert said[f"best_{objective}"] == pytest.approx(sum(scores(task, 8.0, 9.0, 8.5)) / FOLDS)
    assert own.tags["cxr.best_trial"] == "3" and own.tags["cxr.films_fingerprint"] == "films0123"
    assert curve(own, f"best_so_far_{objective}") == sorted(
        curve(own, f"best_so_far_{objective}"), key=TASKS[task].loss, reverse=True
    )
    assert said[f"holdout_{objective}"] == opened_ways(task, 3)["metrics"][objective]
    assert said["holdout_openings"] == group.opened == 1
    assert own.params["seed"] == "0" and "format" not in own.params
    assert said[f"baseline_linear_probe_{objective}"] > 0


def test_what_is_not_known_is_not_said(tmp_path: Path) -> None:
    said = latest(entries(run_folder(tmp_path, trials=[trial(0, [], "failed")]))["search"])
    assert not [name for name in said if name.startswith(("best_", "corrected_", "holdout_"))]


def test_a_finalist_is_told_with_its_seeds(tmp_path: Path) -> None:
    store = run_folder(tmp_path, trials=mixed("age"))
    before = entries(store)["trial 3"]
    save_final(store.path, Final(trials=(3,), seeds=(7,)))
    add_seed(store, 3, 7, [10.0, 10.0, 10.0])
    after = entries(store)["trial 3"]
    assert curve(after, "seed_mae") == [8.5, 10.0] and latest(after)["seeds_mae"] == 9.25
    assert latest(after)["mae"] == latest(before)["mae"] and after.digest != before.digest


def test_the_same_folder_says_the_same(tmp_path: Path) -> None:
    store = run_folder(tmp_path, trials=mixed("age"))
    first = {key: entry.digest for key, entry in entries(store).items()}
    again = RunStore.open(store.path)
    assert {key: entry.digest for key, entry in entries(again).items()} == first
    assert len(set(first.values())) == len(first)
    entry = entries(store)["trial 0"]
    assert replace(entry, points=entry.points[1:]).digest != entry.digest


def test_paths_of_the_machine_do_not_leave_it(tmp_path: Path) -> None:
    store = run_folder(tmp_path / "runs", trials=mixed("age"), provenance={"arrays": "/data/ada lovelace/nih64"})
    note_command(store.path, f"python cli.py export --task age --out={tmp_path}/models/best.h5 --runs ../other/runs")
    page = f"""<a href="../../data/ada lovelace/nih64/audit.html">x</a> --runs {store.path.parent}
        '{tmp_path}/models/best.h5' --runs ../other/runs /data/ada lovelace-2/b {Path.home()}/c
        a/data/ada lovelace/nih64x"""
    said = without_paths(page.encode(), paths_of(store)).decode()
    assert said.split("\n")[0] == '<a href="nih64/audit.html">x</a> --runs runs'
    assert said.split("\n")[1].strip().startswith("'best.h5' --runs runs /data/ada lovelace-2/b ")
    assert str(Path.home()) not in said and "x" in said[-1]


@pytest.mark.parametrize("task", TASKS)
def test_a_published_page_has_no_film_no_patient_and_no_path(task: str, tmp_path: Path) -> None:
    where = tmp_path / "ada-lovelace" / "runs"
    store = run_folder(where, trials=mixed(task), task=task, holdout=[opened_ways(task, 3)], with_baselines=False,
                       provenance={"arrays": str(tmp_path / "ada-lovelace" / "films" / "nih64")})  # fmt: skip
    store.save_error(2, 'MemoryError: no room\nTraceback\n  File "/opt/ada-lovelace/cxr/runners/a.py", line 7, in f')
    ids = 987_654_321_000 + np.arange(FILMS)
    store = with_films(store, ids=ids, groups=np.array([f"patient-of-ada-{film}" for film in range(FILMS)]))
    note_command(store.path, f"python cli.py search --task {task} --data {store.provenance.arrays} --runs {where}")
    files = page_files(run_groups([store], images=False)[0], images=False)
    assert files.keys() == {f"report/report.{end}" for end in ("html", "csv", "json")}
    private = (b"987654321", b"patient-of-ada", b"ada-lovelace", str(tmp_path).encode(), str(Path.home()).encode())
    drawing = get_plotlyjs().encode()
    for name, content in files.items():
        assert [word for word in private if word in content.replace(drawing, b"")] == [], name
    page = files["report/report.html"]
    assert b"--data nih64" in page and b"a.py&quot;, line 7" in page


def test_a_card_goes_without_paths_and_with_its_own_run_only(tmp_path: Path) -> None:
    store, other = (run_folder(tmp_path, name, trials=mixed("age"), seed=seed) for seed, name in enumerate("ab"))
    model = tmp_path / "best.h5"
    model.write_bytes(b"weights in /films/of ada/nih")
    card = {
        "run": "a",
        "experiment": json.loads(as_json(store.experiment.to_json())),
        "data": {"source": "/films/of ada/nih"},
    }
    model.with_suffix(".json").write_text(as_json(card))
    files = model_files(store, {model: card})
    assert files["model/best.h5"] == model.read_bytes()
    assert b'"source": "nih"' in files["model/best.json"] and files.keys() == {"model/best.h5", "model/best.json"}
    with pytest.raises(UserError, match="is of the run a"):
        model_files(other, {model: card})


def test_the_audit_stays_here() -> None:
    page = b'<p><a href="../a b/audit.html">Audit</a>, <a href="#x">x</a>'
    assert without_audit(page) == b'<p>Audit, <a href="#x">x</a>'


def test_what_draws_the_figures_is_left_alone(tmp_path: Path) -> None:
    drawing, folder = get_plotlyjs(), "/tmp"
    assert without_paths(f"{folder}/a{drawing} {folder}/b".encode(), ["/tmp"]) == f"tmp/a{drawing} tmp/b".encode()


def test_of_two_at_once_one_waits(tmp_path: Path) -> None:
    store = run_folder(tmp_path, trials=mixed("age"))
    waits = Event()
    with ThreadPoolExecutor() as threads:
        with alone(store.path / LOCK):
            second = threads.submit(publish, store, "finished", Destination(""), {}, lambda line: waits.set())
            assert waits.wait(60) and not second.done()
        assert "no server was named" in str(second.exception())


def test_passwords_are_not_said() -> None:
    assert shown("https://ada:secret@lab.example/mlflow") == "https://lab.example/mlflow"
    assert shown("http://127.0.0.1:5000") == "http://127.0.0.1:5000"


@pytest.fixture
def without_mlflow(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in [name for name in sys.modules if name.split(".")[0] == "mlflow"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "mlflow", None)
    yield


@pytest.mark.usefixtures("without_mlflow")
@pytest.mark.parametrize(
    ("words", "said", "next_one"),
    [
        (["run"], "no server was named", "--to http://127.0.0.1:5000"),
        (["run", "--to", "lab:5000"], "--to lab:5000", "--to http://lab:5000"),
        (["run", "--to", "mlruns"], "--to mlruns", "--to http://127.0.0.1:5000"),
        (["run", "--to", "ftp://lab"], "--to ftp://lab", "--to http://127.0.0.1:5000"),
        (["run", "--to", "http://lab:5000"], "MLflow's client is not installed", "pip install -e '.[mlflow]'"),
        (["walk", "--to", "http://lab:5000"], "walk is no run", "python cli.py runs"),
        (["run", "--to", "http://lab:5000", "--model", "a.h5"], "a.h5 does not exist", "python cli.py export"),
    ],
)
def test_what_cannot_be_is_told(words: list[str], said: str, next_one: str, tmp_path: Path) -> None:
    run_folder(tmp_path / "runs", trials=mixed("age"), with_baselines=False)
    done = called("publish", *words, cwd=tmp_path, MLFLOW_TRACKING_URI="")
    assert done.returncode == 2 and said in done.stderr.splitlines()[0], done.stderr
    assert next_one in done.stderr.splitlines()[-1] and done.stdout == ""
