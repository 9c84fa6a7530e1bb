"""What is read of a run folder: values of the right kinds, or a file that is named with its run."""

from __future__ import annotations

import errno
import json
import math
import pickle
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from run_folders import experiment, mixed, run_folder, trial

from runners._commands.runs import lines, listed
from trials.checked import checked_runs
from trials.experiment import Experiment
from trials.kept import DamagedRun, read_array, read_arrays, read_json, read_records
from trials.records import Enqueued, TrialResult
from trials.typed import typed
from xrays.errors import UserError

finite = st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@dataclass(frozen=True)
class Inner:
    name: Literal["a", "b"]
    scores: tuple[float, ...] = ()


@dataclass(frozen=True)
class Outer:
    number: int
    inner: Inner | None
    values: dict[str, str | int | float | bool]
    parts: tuple[Inner, ...] = ()
    extra: Any = field(default=None)


@given(
    st.builds(
        Outer,
        st.integers(),
        st.none() | st.builds(Inner, st.sampled_from("ab"), st.lists(finite, max_size=3).map(tuple)),
        st.dictionaries(st.text(), st.text() | st.integers() | st.booleans() | st.floats(allow_nan=False)),
        st.lists(st.builds(Inner, st.sampled_from("ab")), max_size=3).map(tuple),
        json_values,
    )
)
def test_what_was_written_comes_back_with_its_types(given: Outer) -> None:
    back = typed(Outer, json.loads(json.dumps(asdict(given))))
    assert back == given and repr(back) == repr(given), "True is no 1, and 1 no 1.0"


@given(st.sampled_from([Outer, Inner, TrialResult, Enqueued, Experiment, list[Inner], dict[str, Any]]), json_values)
def test_anything_else_is_refused_in_words(kind: type, value: Any) -> None:
    try:
        typed(kind, value)
    except ValueError as error:
        assert str(error)


@given(st.data())
def test_one_part_that_does_not_fit_is_named(data: st.DataObject) -> None:
    """Any field of a trial, replaced by anything: it is taken where it fits, and named where it does not."""
    whole = json.loads(json.dumps(asdict(trial(0, [9.0]))))
    name = data.draw(st.sampled_from(sorted(whole)))
    value = data.draw(json_values)
    try:
        assert getattr(typed(TrialResult, {**whole, name: value}), name) is not ...
    except ValueError as error:
        assert str(error).startswith(f"{name}: ")
    del whole[name]
    if name not in (
        "label",
        "origin",
        "attributes",
        "accumulation",
        "error",
        "failure",
        "duplicate_of",
        "estimate",
        "work",
    ):
        with pytest.raises(ValueError, match=f"without '{name}'"):
            typed(TrialResult, whole)


def test_null_is_a_number_that_is_none() -> None:
    assert math.isnan(typed(Inner, {"name": "a", "scores": [None, 1]}).scores[0])
    with pytest.raises(ValueError, match="scores: None where a list belongs"):
        typed(Inner, {"name": "a", "scores": None})


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_named(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.mktemp("any") / "file"
    file.write_bytes(content)
    for read in (
        lambda: read_json(file, dict[str, Any]),
        lambda: read_records(file, Enqueued),
        lambda: read_arrays(file),
        lambda: read_array(file, (3,)),
    ):
        try:
            read()
        except DamagedRun as error:
            assert str(file) in str(error) and "next:" in str(error)


def test_arrays_of_other_shapes_and_kinds(tmp_path: Path) -> None:
    for number, array in enumerate(
        [np.zeros(4, np.float32), np.zeros(3), np.zeros((3, 1), np.float32), np.array("x")]
    ):
        np.save(tmp_path / f"{number}.npy", array)
        with pytest.raises(DamagedRun, match="not float32 of shape"):
            read_array(tmp_path / f"{number}.npy", (3,))
    np.save(tmp_path / "pickled.npy", np.array([{}], object))
    with pytest.raises(DamagedRun):
        read_array(tmp_path / "pickled.npy", (1,))
    assert read_array(tmp_path / "none.npy", (3,)) is None and read_arrays(tmp_path / "none.npz") == {}


def test_deep_nesting_is_damage(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("[" * 100_000 + "\n")
    for read in (lambda: read_json(tmp_path / "file", list[Any]), lambda: read_records(tmp_path / "file", Enqueued)):
        with pytest.raises(DamagedRun):
            read()


@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES, errno.ESTALE])
def test_a_disk_that_fails_at_one_run_leaves_the_others(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        run_folder(tmp_path, name, mixed("age"), with_baselines=False)
    read = Path.read_bytes

    def fails(path: Path) -> bytes:
        if path == tmp_path / "a/trials.jsonl":
            raise OSError(number, "no")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", fails)
    first, second = lines(listed(tmp_path))
    assert f"left out: run a is damaged: {tmp_path / 'a/trials.jsonl'} cannot be read: no" in first
    assert "MAE 8.50" in second
    said: list[str] = []
    assert [store.path.name for store in checked_runs([], tmp_path, said.append)] == ["b"] and len(said) == 1
    with pytest.raises(DamagedRun, match="run a is damaged"):
        checked_runs(["a"], tmp_path, said.append)


def test_runs_that_are_all_damaged(tmp_path: Path) -> None:
    store = run_folder(tmp_path, "a", mixed("age"))
    (store.path / "plan.npz").unlink()
    with pytest.raises(UserError, match=r"none of the runs .* can be read: run a is damaged: .*plan.npz is gone"):
        checked_runs([], tmp_path, lambda line: None)


def test_damage_tells_what_is_made_anew(tmp_path: Path) -> None:
    store = run_folder(tmp_path, "my run", mixed("age"))
    for name, remedy in (
        ("baselines.json", f"rm '{store.path / 'baselines.json'}'   (the search trains the baselines again)"),
        ("trials.jsonl", "put trials.jsonl back from a copy"),
    ):
        error = DamagedRun(store.path / name, "is cut")
        assert error.remedy.startswith(remedy) and f"mv '{store.path}'" in error.remedy
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again)) == (DamagedRun, str(error))


def test_an_experiment_of_no_known_task(tmp_path: Path) -> None:
    store = run_folder(tmp_path, "run")
    record = json.loads((store.path / "experiment.json").read_text())
    record["experiment"] = {**experiment().to_json(), "task": "height"}
    (store.path / "experiment.json").write_text(json.dumps(record))
    assert "there is no task 'height'" in next(lines(listed(tmp_path)))
