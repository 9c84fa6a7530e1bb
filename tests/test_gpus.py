"""Which GPUs are trained on: those that the backend sees, and what the machine is taken for where it sees none."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_process import called

from runners._workers import devices
from runners._workers.devices import Gpu, accelerator_count, cards_of, gpus
from trials.store import RunStore
from xrays.arrays import XrayArrays
from xrays.cores import usable_cores

TWO = ("0, GPU-aaaa, 40960", "1, GPU-bbbb, 10240")
A, B = 40960 * 2**20, 10240 * 2**20


def tool(*rows: str) -> tuple[str, ...]:
    """A command that answers as nvidia-smi does."""
    return (sys.executable, "-c", f"print({chr(10).join(rows)!r})")


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    devices._usable.cache_clear()
    yield
    devices._usable.cache_clear()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whom a machine with two cards was asked through; the backend sees both."""
    calls: list[str] = []
    real = cards_of
    monkeypatch.setattr(devices, "cards_of", lambda smi: calls.append("tool") or real(tool(*TWO)))
    monkeypatch.setattr(devices, "accelerator_count", lambda backend: calls.append("backend") or 2)
    return calls


@pytest.mark.parametrize(
    ("visible", "found"),
    [
        (None, [Gpu("0", A), Gpu("1", B)]),
        ("0", [Gpu("0", A)]),
        ("1,0", [Gpu("1", B), Gpu("0", A)]),
        ("GPU-aa", [Gpu("GPU-aa", A)]),
        ("0, -1, 1", [Gpu("0", A)]),
        ("7,1", []),
        ("MIG-aaaa", [Gpu("MIG-aaaa")]),
        ("", []),
        ("-1", []),
    ],
)
def test_those_that_are_left_visible(visible: str | None, found: list[Gpu], asked: list[str]) -> None:
    assert list(gpus("tensorflow", variables={} if visible is None else {"CUDA_VISIBLE_DEVICES": visible})) == found


def test_each_is_asked_once_and_only_where_it_matters(asked: list[str]) -> None:
    for _ in range(3):
        assert len(gpus("tensorflow", variables={})) == 2
    assert asked == ["tool", "backend"]
    assert not gpus("tensorflow", variables={"CUDA_VISIBLE_DEVICES": ""}) and asked == ["tool", "backend"]


def test_each_backend_is_asked_by_itself(asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of JAX that is trained again where TensorFlow has no CUDA."""
    monkeypatch.setattr(devices, "accelerator_count", lambda backend: {"tensorflow": 0, "jax": 2}[backend])
    assert len(gpus("jax", {})) == 2 and not gpus("tensorflow", {})


def test_no_card_asks_no_backend(asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "cards_of", lambda smi: [])
    assert gpus("tensorflow", variables={}) == () and not asked


def test_cards_that_are_named_where_the_tool_is_missing(asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "cards_of", lambda smi: [])
    assert gpus("tensorflow", variables={"CUDA_VISIBLE_DEVICES": "2, 3"}) == (Gpu("2"), Gpu("3"))


@pytest.mark.parametrize("seen", [0, 1])
def test_the_backend_has_the_last_word(seen: int, asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "accelerator_count", lambda backend: seen)
    assert gpus("tensorflow", variables={}) == (Gpu("0", A), Gpu("1", B))[:seen]


@pytest.mark.parametrize(
    "command",
    [
        tool("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver."),
        tool(""),
        (sys.executable, "-c", "raise SystemExit(9)"),
        ("no-such-command-as-this",),
    ],
)
def test_a_tool_that_says_nothing(command: tuple[str, ...]) -> None:
    assert cards_of(command) == []


def test_a_card_that_does_not_tell_its_memory() -> None:
    assert cards_of(tool("0, GPU-aaaa, [N/A]")) == [("0", "GPU-aaaa", None)]


@pytest.mark.parametrize(
    ("said", "count"),
    [
        ("print('devices', 'cpu:0')", 0),
        ("print('devices', 'gpu:0', 'gpu:1')", 2),
        ("print('greetings'); print('devices', 'cuda:0')", 1),
        ("raise ImportError('libcudart')", 0),
        ("pass", 0),
    ],
)
def test_what_the_backend_says(said: str, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "ASK", said)
    assert accelerator_count("tensorflow") == count


def test_the_environment_is_read_in_one_place() -> None:
    root = Path(__file__).parents[1]
    reading = [
        str(file.relative_to(root))
        for file in (root / "runners").rglob("*.py")
        if any(f'{call}"CUDA_VISIBLE_DEVICES"' in file.read_text() for call in ("get(", "getenv("))
    ]
    assert reading == ["runners/_workers/devices.py"]


@pytest.mark.long
def test_a_card_without_cuda_is_no_gpu(prepared: XrayArrays, tmp_path: Path, warm: None) -> None:
    """What the first command of the README installs, on a machine with a card of 256 MB: the real backend, asked."""
    log = tmp_path / "asked.txt"
    smi = tmp_path / "bin/nvidia-smi"
    smi.parent.mkdir()
    smi.write_text(f"#!/bin/sh\necho \"$@\" >> '{log}'\necho '0, GPU-aaaa, 256'\n")
    smi.chmod(0o755)
    path = {"PATH": f"{smi.parent}{os.pathsep}{os.environ['PATH']}", "CUDA_VISIBLE_DEVICES": "0"}
    small = ("--trials", 2, "--folds", 2, "--epochs", 1, "--no-ablation", "--finalists", 0, "--data", prepared.path)
    done = called("search", "--task", "age", "--name", "r", *small, cwd=tmp_path, **path)
    assert done.returncode == 0, done.stdout + done.stderr
    store = RunStore.open(tmp_path / "runs/r")
    if "GPU" in store.provenance.device:
        pytest.skip("this backend has CUDA")
    assert len(log.read_text().splitlines()) == 1, "the driver's tool is started once a search"
    assert "infeasible" not in [result.state for result in store.trials()], "the card's memory is no limit"
    cores = usable_cores()
    threads = {fold.threads for result in store.trials() for fold in result.folds}
    assert threads == {cores // min(2, cores)}, "two workers share the cores"
