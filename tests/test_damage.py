"""Damaged files of a run folder: every kind that one can hold, damaged in every way, met by every command."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_process import invoked
from complete_runs import complete_run, fake, kinds
from pages import words

from reports._evidence.openings import lost_openings, times_opened
from reports._page import build
from runners._explain import fold as explaining
from runners._models.openings import record_opening
from runners._search import place as places
from runners._search import session
from trials.checked import check
from trials.kept import DamagedRun
from trials.provenance import Provenance
from trials.store import RunStore
from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.seal import read_meta, write_meta

# Nothing is read of these but by people, or (pictures) as they are.
UNREAD = {"errors/N.txt", "explain/N.png"}
# These are read by what needs them alone: one is trained again, the other counts as not kept (test_export_ways.py).
READERS = {"open/N/fold_N.npz": {"the same search"}, "networks/N-N-N.npz": set[str]()}


class Reached(Exception):
    """The command has read all it needs and would train now."""


@pytest.fixture(scope="module")
def made(prepared: XrayArrays, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """runs/hurt, and runs/other, of the other task on other folds."""
    runs = tmp_path_factory.mktemp("made") / "runs"
    with pytest.MonkeyPatch.context() as patch:
        for name, task, folds in (("hurt", "age", 2), ("other", "gender", 3)):
            complete_run(runs, name, prepared, patch, task, folds)
            shutil.rmtree(runs / f"{name}-older")
    yield runs


@pytest.fixture
def runs(made: Path, tmp_path: Path, prepared: XrayArrays, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy. Nothing trains, and a page is written where `report` names the run: other tests stand for others."""

    def reached(*given: object, **options: object) -> Any:
        raise Reached

    fake(monkeypatch, prepared)
    monkeypatch.setattr(places, "open_workers", reached)
    monkeypatch.setattr(explaining, "LocalWorkers", reached)
    page, elsewhere = build.build_report, tmp_path / "report.html"

    def build_report(stores: list[RunStore], out: Path, **options: Any) -> Path:
        if [store.path.name for store in stores] == ["hurt"]:
            return page(stores, out, **options)
        elsewhere.with_suffix(".json").write_text('{"groups": []}')  # which a search reads
        return elsewhere

    monkeypatch.setattr(build, "build_report", build_report)
    monkeypatch.setattr(session, "train_baselines", lambda *given: ([], {}))
    shutil.copytree(made, tmp_path / "runs")
    return tmp_path / "runs"


def cut(content: bytes, other: bytes) -> bytes:
    return content[: len(content) // 2]


def noise(content: bytes, other: bytes) -> bytes:
    return np.random.default_rng(len(content)).bytes(max(64, len(content)))


def middle(content: bytes, other: bytes) -> bytes:
    """The last line is whole, one before it is not."""
    lines = content.splitlines(keepends=True)
    return b"".join([b'{"number": 0, \xff\n', *lines[1:], lines[-1]])


DAMAGES: dict[str, Callable[[bytes, bytes], bytes]] = {
    "cut": cut,
    "empty": lambda content, other: b"",
    "noise": noise,
    "zeros": lambda content, other: bytes(len(content)),
    "null": lambda content, other: b"null\n",
    "middle": middle,
    "another run's": lambda content, other: other,
}
LONG = {"rerun", "ablate", "explain", "report of it"}  # met with one kind of damage
ALONE = {"runs", "report", "new search"}  # of all runs, or of another one: what they do must not depend on one


def commands(runs: Path, data: Path) -> dict[str, list[str]]:
    own = ["hurt", "--runs", str(runs)]
    search = ["search", "--task", "age", "--data", str(data), "--runs", str(runs), "--no-ablation", "--epochs", "2"]
    search += ["--sampler", "random", "--pruner", "none", "--folds", "2", "--trials"]
    return {
        "runs": ["runs", "--runs", str(runs)],
        "report": ["report", "--runs", str(runs)],
        "new search": [*search, "1", "--seed", "3"],
        "the same search": [*search, "4", "--name", "hurt"],
        "report of it": ["report", *own],
        "export of it": ["export", "--task", "age", "--run", *own, "--out", str(runs.parent / "best.h5")],
        "rerun": ["rerun", *own, "--trial", "0", "--seeds", "3"],
        "replay": ["replay", *own],
        "ablate": ["ablate", *own, "--repeats", "2"],
        "explain": ["explain", *own],
    }


def called(words: list[str]) -> tuple[int, str]:
    """Exit code and output; 0 where it came as far as training. Anything but a UserError is a traceback."""
    try:
        return invoked(words)
    except UserError as error:
        return 2, str(error)
    except Reached:
        return 0, ""


def test_a_complete_run_is_whole(runs: Path, prepared: XrayArrays) -> None:
    for name in ("hurt", "other"):
        check(RunStore.open(runs / name))
    for what, line in commands(runs, prepared.path).items():
        code, said = called(line)
        assert code == 0 and "left out" not in said, (what, said)


KINDS = [
    "ablation.jsonl", "ablation/N-N-N.npy", "baselines.json", "baselines.npz", "budget.json", "collection.json",
    "commands.jsonl", "enqueued.jsonl", "errors/N.txt", "experiment.json", "explain/N.png", "explain/explain.json",
    "holdout.json", "hours.jsonl", "known.jsonl", "lineage.json",
    "networks/N-N-N.npz", "oof/N.npy", "open/N/ask.json", "open/N/fold_N.npz", "plan.npz", "seeds.jsonl",
    "seeds/N-N-N.npy", "trials.jsonl",
]  # fmt: skip


def test_all_kinds_are_damaged_here(made: Path) -> None:
    """KINDS are the tests' names; what they are is found in a folder that the code itself has written."""
    assert sorted(kinds(made / "hurt")) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_every_damage_is_named_or_reads_as_nothing(kind: str, made: Path, tmp_path: Path) -> None:
    shutil.copytree(made / "hurt", tmp_path / "hurt")
    file, other = kinds(tmp_path / "hurt")[kind], kinds(made / "other")[kind]
    whole = file.read_bytes()
    for damage, damaged in DAMAGES.items():
        if damage == "another run's":
            continue
        file.write_bytes(damaged(whole, other.read_bytes()))
        try:
            check(RunStore.open(tmp_path / "hurt"))
        except DamagedRun as error:
            assert f"run hurt is damaged: {file}" in str(error), damage
        else:
            lines = file.name.endswith(".jsonl") and damage in ("cut", "empty", "noise", "zeros")
            assert lines or kind in {*UNREAD, *READERS}, damage


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_no_command_ends_in_a_traceback(kind: str, runs: Path, prepared: XrayArrays) -> None:
    """What is refused names run and file; what reads all runs goes on without this one."""
    file, other = kinds(runs / "hurt")[kind], kinds(runs / "other")[kind]
    before = contents(runs)
    lines = file.name.endswith(".jsonl")
    for damage, damaged in DAMAGES.items():
        content = damaged(before[file], before[other])
        if damage == "middle" and not lines:
            continue
        # A line that was torn at the end is no damage; that there are none yet is true of most files for a while.
        told = kind not in UNREAD and damage != "another run's"
        told &= not (lines and damage in ("cut", "empty", "noise", "zeros"))
        named = set[str]()
        for what, line in commands(runs, prepared.path).items():
            if what in LONG and damage != "noise":
                continue
            file.write_bytes(content)
            code, said = called(line)
            assert code in (0, 2), (damage, what, said)
            if what in ALONE:
                assert code == 0, (damage, what, said)
            if code == 2 and told:
                assert f"run hurt is damaged: {file}" in said and "next:" in said, (damage, what, said)
            named |= {what} if f"run hurt is damaged: {file}" in said else set()
            put_back(runs, before)
        assert not told or named >= READERS.get(kind, {"report", "export of it"}), (damage, named)


@pytest.mark.parametrize("key", [*(field.name for field in fields(Provenance)), "more"])
def test_an_edited_record_is_refused_by_file_and_key(key: str, runs: Path, prepared: XrayArrays) -> None:
    """Whatever a search has written is there, and of its kind: `export` ended in a KeyError where it read on."""
    file = runs / "hurt" / "experiment.json"
    record = json.loads(file.read_text())
    edits = [{**record["about"], key: None}]
    if key in record["about"]:
        edits.append({name: value for name, value in record["about"].items() if name != key})
    lines = commands(runs, prepared.path)
    for about in edits:
        file.write_text(json.dumps({**record, "about": about}))
        for what in ("the same search", "report of it", "export of it", "rerun", "replay", "ablate", "explain"):
            code, said = called(lines[what])
            assert code == 2 and f"run hurt is damaged: {file}" in said and "about: " in said and key in said, what
        code, said = called(lines["runs"])
        assert code == 0 and f"left out: run hurt is damaged: {file}" in said


def contents(folder: Path) -> dict[Path, bytes]:
    return {each: each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def put_back(folder: Path, before: Mapping[Path, bytes]) -> None:
    now = contents(folder)
    for each in now.keys() - before.keys():
        each.unlink()
    for run in {folder / each.relative_to(folder).parts[0] for each in now} - {*before, *now}:
        if not any(run in each.parents for each in before):
            shutil.rmtree(run)
    for each, content in before.items():
        if now.get(each) != content:
            each.parent.mkdir(parents=True, exist_ok=True)
            each.write_bytes(content)


def test_lost_trials_are_noticed_by_whoever_goes_on(runs: Path, prepared: XrayArrays) -> None:
    """`report` and `export` alone did: a search began its trials anew, and the list counted those that were left."""
    file = kinds(runs / "hurt")["trials.jsonl"]
    file.write_bytes(b"")
    lines, before = commands(runs, prepared.path), contents(runs / "hurt")
    code, said = called(lines["runs"])
    assert (
        code == 0
        and f"left out: run hurt is damaged: {file} lacks trial" in said
        and "left out: run other" not in said
    )
    code, said = called(lines["the same search"])
    assert code == 2 and f"run hurt is damaged: {file} lacks trial" in said
    assert contents(runs / "hurt") == before, "nothing was written"


@pytest.mark.parametrize("kind", ["trials.jsonl", "ablation.jsonl", "baselines.json", "plan.npz"])
def test_a_file_of_another_task_and_plan_is_noticed(kind: str, runs: Path) -> None:
    there = kinds(runs / "hurt")
    there[kind].write_bytes(kinds(runs / "other")[kind].read_bytes())
    with pytest.raises(DamagedRun, match=f"run hurt is damaged: {there[kind]}"):
        check(RunStore.open(runs / "hurt"))


def test_predictions_of_another_run_are_noticed(runs: Path) -> None:
    """Of the same films and folds: whatever is read of it reads well."""
    store = RunStore.open(runs / "hurt")
    there = kinds(store.path)
    for path in (there["oof/N.npy"], there["baselines.npz"], there["ablation/N-N-N.npy"]):
        content = path.read_bytes()
        if path.suffix == ".npy":
            np.save(path, np.load(path) + np.float32(3))
        else:
            with np.load(path) as arrays:
                changed = {name: values[:, ::-1] for name, values in arrays.items()}
            np.savez(path, **changed)
        with pytest.raises(DamagedRun) as caught:
            check(store)
        assert "hurt" in str(caught.value) and ("comes to" in str(caught.value) or "lacks" in str(caught.value))
        path.write_bytes(content)
        check(store)


def test_an_opening_counts_when_its_record_was_removed(prepared: XrayArrays, runs: Path, tmp_path: Path) -> None:
    store = RunStore.open(runs / "hurt")
    # Others may have exported a model of these films by now.
    shutil.copytree(prepared.path, tmp_path / "data/films", ignore=shutil.ignore_patterns("openings.jsonl"))
    moved = replace(store.provenance, arrays=str(tmp_path / "data/films"))
    store = RunStore.create(store.path, store.experiment, store.films(), moved, store.known())
    arrays, hold_out = XrayArrays.open(tmp_path / "data/films"), store.films().hold_out_fingerprint()
    (store.path / "holdout.json").unlink()
    assert (times_opened(store, [store]), lost_openings(store)) == (0, 0)
    for at, search in (("2026-01-01", store.experiment.digest), ("2026-01-02", "another"), ("2026-01-03", "another")):
        what = {"opened": at, "run": "hurt", "trial": 0, "task": "age", "search": search}
        record_opening(arrays, hold_out, np.zeros(0, np.uint64), what)
    assert (times_opened(store, [store]), lost_openings(store)) == (3, 1)
    page = words(build.build_report([store], tmp_path / "report.html"))
    assert "Record lost: the log beside the films tells that the hold-out was opened once for hurt" in page
    store.add_opening({"opened": "2026-01-01", "openings": 1, "trial": 0, "metrics": {"mae": 9.0}, "films": 9})
    assert (times_opened(store, [store]), lost_openings(store)) == (3, 0)


@pytest.mark.parametrize("same", [False, True])
def test_a_damaged_log_beside_hinders_runs_on_the_same_films_alone(
    same: bool, prepared: XrayArrays, runs: Path, tmp_path: Path
) -> None:
    """How often films were looked at cannot be told without the log of them at another size."""
    own, beside = tmp_path / "data/films", tmp_path / "data/beside"
    for folder in (own, beside):
        shutil.copytree(prepared.path, folder)
    if not same:
        write_meta(beside, {**read_meta(beside), "films": "others"})
    (beside / "openings.jsonl").write_bytes(b"no log\n")
    store = RunStore.open(runs / "hurt")
    moved = replace(store.provenance, arrays=str(own))
    store = RunStore.create(store.path, store.experiment, store.films(), moved, store.known())
    with pytest.raises(DamagedRun, match=r"beside/openings.jsonl") if same else nullcontext():
        check(store)
