"""What computes: a run's record and what trains it again agree, or it is refused by name."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from cli_process import called, run
from run_folders import run_folder, trial

from runners._backend import backend_of_keras, check_backend, environment
from runners._commands.ablate import AblateOptions, ablate
from runners._commands.explain import ExplainOptions, explain
from runners._commands.export import ExportOptions, export
from runners._commands.rerun import RerunOptions, rerun
from runners._search.engine import engine_of
from runners._search.forks import differences, similar_run
from runners._search.options import SearchOptions
from runners._versions import versions
from xrays.arrays import XrayArrays
from xrays.errors import UserError

LACKING = next((name for name in ("jax", "torch") if find_spec(name) is None), None)
lacking = pytest.mark.skipif(LACKING is None, reason="every backend is installed here")


def test_it_is_read_from_the_variable_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_BACKEND")
    assert backend_of_keras() == "tensorflow"
    for content in ("[]", "{", "{}"):
        (tmp_path / "keras.json").write_text(content)
        assert backend_of_keras() == "tensorflow"
    (tmp_path / "keras.json").write_text('{"backend": "torch"}')
    assert backend_of_keras() == "torch"
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert backend_of_keras() == "jax" and environment("torch")["KERAS_BACKEND"] == "torch"


def test_one_that_is_there_is_taken_and_no_other_word() -> None:
    check_backend("tensorflow", "the run x")
    with pytest.raises(UserError, match="the run x computes with theano, which no Keras trains with"):
        check_backend("theano", "the run x")


AGAIN: dict[str, Callable[[Path, Path, Path], object]] = {
    "rerun": lambda folder, data, out: list(rerun(RerunOptions(str(folder), 0, folder.parent, data=data))),
    "ablate": lambda folder, data, out: ablate(AblateOptions(str(folder), folder.parent, data=data)),
    "explain": lambda folder, data, out: list(explain(ExplainOptions(str(folder), folder.parent, data=data))),
    "export": lambda folder, data, out: export(
        ExportOptions("age", out / "age.h5", folder.parent, str(folder), data=data)
    ),
}


@lacking
@pytest.mark.parametrize("command", AGAIN)
def test_a_run_of_another_backend_is_refused_by_name(command: str, prepared: XrayArrays, tmp_path: Path) -> None:
    own = {"pixels": prepared.pixels, "backend": LACKING, "with_baselines": False}
    store = run_folder(tmp_path / "runs", "mine", [trial(0, [9.0] * 3)], **own)  # type: ignore[arg-type]
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UserError, match=f"the run mine computes with {LACKING}, which is not installed here"):
        AGAIN[command](store.path, prepared.path, tmp_path)
    assert sorted(tmp_path.rglob("*")) == before, "nothing is left behind"


@lacking
def test_a_search_with_one_that_is_not_there_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert LACKING
    monkeypatch.setenv("KERAS_BACKEND", LACKING)
    with pytest.raises(UserError, match=f"KERAS_BACKEND={LACKING} computes with {LACKING}"):
        engine_of(SearchOptions("age", tmp_path, 3))


def test_a_search_that_goes_on_without_its_variable_is_another_one_and_told_so(tmp_path: Path) -> None:
    provenance = {"versions": versions()}
    run_folder(tmp_path, "old", provenance=provenance, backend="jax")
    own = run_folder(tmp_path, "own", provenance=provenance)
    said = "backend was jax, now tensorflow (KERAS_BACKEND=jax in front of the command)"
    assert differences(tmp_path / "old", own.experiment) == [said]
    assert similar_run(own.path, own.experiment) == f"{tmp_path / 'old'}: {said}"


@lacking
@pytest.mark.long
def test_a_run_is_trained_again_with_its_own_backend_whatever_is_set(
    prepared: XrayArrays, tmp_path: Path, warm: None
) -> None:
    """The variable names one that is not even installed: nothing may ask for it."""
    assert LACKING
    small = ["--trials", 1, "--folds", 2, "--epochs", 1, "--no-ablation", "--fix", "filters=8", "--fix", "depth=2"]
    searched = called("search", "--task", "age", "--data", prepared.path, "--name", "mine", *small, cwd=tmp_path)
    assert searched.returncode == 0, searched.stderr
    again = called("rerun", "mine", "--trial", 0, cwd=tmp_path, KERAS_BACKEND=LACKING)
    assert again.returncode == 0 and again.stdout.count("the same bit for bit") == 2, again.stderr
    exported = run("export", "--task", "age", cwd=tmp_path, KERAS_BACKEND=LACKING)
    assert exported.returncode == 0 and "the same predictions" in exported.stdout, exported.stderr
