"""Odd values for every option that takes a name, a path or a port: exit 2 or an answer, never a traceback."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_process import CLI, COMMANDS, invoked, run
from complete_runs import fake
from conftest import write_films
from run_folders import mixed, run_folder

from reports._page.tables import check_place
from runners._commands import preview as _preview
from runners._commands import spaces as _spaces
from runners._commands.dashboard import serve
from runners._explain import fold as explaining
from runners._models.cards import claim_model, read_card
from runners._search import place as places
from runners._search import session
from trials.explained import check_target
from trials.products import claim
from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.names import check_name
from xrays.next_command import command
from xrays.os_errors import for_user

ODD = ["x" * 300, "é" * 150, "a\nb", "", " ", ".", "..", "../up", "/proc/x", "/proc/self/x/y",
       "/dev/null", "a/b/c", "-x", "\t", "🩻"]  # fmt: skip
# {} is where the odd value stands.
CALLS = [
    "search --task age --data DATA --no-ablation --trials 1 --folds 2 --epochs 1 --name={}",
    "search --task age --data DATA --no-ablation --trials 1 --folds 2 --epochs 1 --runs={}",
    "search --task age --trials 1 --data={}",
    "search --task age --data DATA --trials 1 --folds 2 --epochs 1 --runs RUNS --enqueue={}",
    "search --task age --data DATA --trials 1 --folds 2 --epochs 1 --runs RUNS --start-from={}",
    "search --task={}",
    "report --runs={}", "report --runs RUNS --out={}", "report --runs RUNS -- {}",
    "runs --runs={}", "rerun --trial 0 --runs RUNS -- {}", "replay --runs RUNS -- {}", "dashboard --runs RUNS -- {}",
    "ablate --runs RUNS -- {}", "explain --runs RUNS -- {}", "explain --runs RUNS -- best.h5 {}",
    "export --task age --runs RUNS --out={}", "export --task age --runs RUNS --run={}", "export --task age --runs={}",
    "export --task age --runs RUNS --data={}", "export --task={}",
    "predict -- {} film.png", "predict -- best.h5 {}",
    "prepare --out={} FILMS", "prepare -- {}", "prepare FILMS --size={}",
    "spaces -- {}", "spaces -- cnn {}", "spaces preview --out={}", "spaces --data={} cnn", "spaces -- preview {}",
    "dashboard run --runs RUNS --port={}",
]  # fmt: skip


def called(words: list[str]) -> tuple[int, str]:
    """As `main` does it, without a process: exit code and what is said. Anything but a plain refusal is raised."""
    try:
        return invoked(words)
    except UserError as error:
        return 2, str(error)
    except OSError as error:
        if (refused := for_user(error)) is None:
            raise
        return 2, str(refused)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with films, a run whose predictions are not looked at, and no model."""
    folder = tmp_path_factory.mktemp("odd")
    write_films(folder / "films")
    run_folder(folder / "runs", "run", mixed("age"))
    return folder


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch, prepared: XrayArrays, place: Path) -> Iterator[None]:
    def no_training(*given: object, **options: object) -> Any:
        raise UserError("trained", "", "")

    fake(monkeypatch, prepared)
    monkeypatch.setattr(places, "open_workers", no_training)
    monkeypatch.setattr(explaining, "LocalWorkers", no_training)
    monkeypatch.setattr(_spaces, "LocalWorkers", no_training)
    monkeypatch.setattr(_preview, "contact_sheet", no_training)
    monkeypatch.setattr(session, "train_baselines", lambda *given: ([], {}))
    monkeypatch.chdir(place)
    yield


@pytest.mark.slow
@pytest.mark.usefixtures("warm")
@pytest.mark.parametrize("call", CALLS)
def test_no_odd_value_ends_in_a_traceback(call: str, quiet: None, prepared: XrayArrays, place: Path) -> None:
    films = sorted((place / "films").rglob("*"))
    for odd in ODD:
        line = call.replace("DATA", str(prepared.path)).replace("RUNS", "runs").replace("FILMS", "films")
        words = [word.replace("{}", odd) for word in shlex.split(line)]
        code, said = called(words)
        assert code in (0, 2) and "Traceback" not in said, (words, said)
        assert code == 2 or not set(odd) & set("\n\t") or "--name" not in call, (words, "a broken line in every list")
        if "\n" not in odd:  # else a command is two lines
            typeable(said)
    assert sorted((place / "films").rglob("*")) == films


def typeable(said: str) -> None:
    """Every command that is proposed is one, with options that it has."""
    words = COMMANDS.commands  # type: ignore[attr-defined]
    for found in re.findall(r"python cli\.py (.*?)(?:$|   \(|, or |; |\)|: | …)", said, re.MULTILINE):
        if found == "…":  # of an extra: whatever was typed, once more
            continue
        name, *given = shlex.split(found)
        options = {"--help", *(option for parameter in words[name].params for option in parameter.opts)}
        assert {word.split("=")[0] for word in given if word.startswith("--")} <= options, found


NO_NAMES = ["", ".", "..", ".hidden", "-x", "a/b", "a\nb", "a\x00b", " a", "x" * 201, "é" * 101, "\udcff"]


@pytest.mark.parametrize("name", NO_NAMES)
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(UserError) as caught:
        check_name("--name", name, "--name mine")
    assert len(str(caught.value)) < 300 and caught.value.given.isprintable()


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    done = run("runs", "--runs", "\udcff", cwd=tmp_path)
    assert done.returncode == 2 and "udcff holds no run" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["a", "age of adults", "überall", "x" * 200, "a.b-c_d", "🩻"])
def test_what_is_a_name(name: str) -> None:
    check_name("--name", name, "")


@pytest.mark.parametrize("port", [-1, 0, 65536, 99999])
def test_ports_that_there_are_not(port: int, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"1 to 65535"):
        serve("run", tmp_path, port)


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    pytest.importorskip("optuna_dashboard")
    run_folder(tmp_path, "run", mixed("age"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UserError, match="cannot be had"):
            serve("run", tmp_path, taken.getsockname()[1])


def test_a_run_is_not_begun_among_other_files(quiet: None, prepared: XrayArrays, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.tex").touch()
    words = ["search", "--task", "age", "--data", str(prepared.path), "--runs", str(tmp_path), "--name", "mine"]
    code, said = called([*words, "--trials", "1", "--folds", "2", "--epochs", "1"])
    assert code == 2 and "is no run: it holds thesis.tex" in said
    assert [file.name for file in (tmp_path / "mine").iterdir()] == ["thesis.tex"]


def test_a_word_too_many_is_not_ignored() -> None:
    code, said = called(["spaces", "cnn", "transfer"])
    assert code == 2 and "spaces cnn transfer" in said and "python cli.py spaces cnn" in said


def test_commands_are_quoted_and_say_what_is_no_default() -> None:
    given = {"task": "age", "trial": 0, "run": "my run; rm -r *", "runs": Path("my runs"), "data": None, "fork": True}
    typed = command("export", **given, set=("a=1", "b=2"))
    assert shlex.split(typed)[2:] == [
        "export", "--task", "age", "--trial", "0", "--run", "my run; rm -r *", "--runs", "my runs", "--fork",
        "--set", "a=1", "--set", "b=2",
    ]  # fmt: skip
    assert command("runs", runs=Path("runs")) == "python cli.py runs"


def test_options_that_errors_propose_can_be_pasted(tmp_path: Path) -> None:
    (tmp_path / "my model.json").write_text("[]")
    (tmp_path / "my page.html").write_text("mine")
    run_folder(tmp_path, "my run", mixed("age"))
    for refuse, at in (
        (claim_model, tmp_path / "my model.h5"), (check_place, tmp_path / "my page.html"),
        (check_target, tmp_path / "my run"),
    ):  # fmt: skip
        with pytest.raises(UserError) as caught:
            refuse(at)
        typed = shlex.split(caught.value.remedy.partition(", ")[0])
        assert len(typed) == 2 and typed[0] == "--out" and typed[1] != str(at), caught.value.remedy


DAMAGED_CARDS = {
    "cut": lambda card: json.dumps(card)[:100],
    "empty": lambda card: "",
    "no text": lambda card: "\x00\x01",
    "a list": lambda card: json.dumps([card]),
    "another shape": lambda card: json.dumps({**card, "input": {**card["input"], "shape": [64, 64, 1]}}),
    "no shape": lambda card: json.dumps({**card, "input": {"preprocessing": "x"}}),
    "another kind": lambda card: json.dumps({**card, "class_names": "ab"}),
    "another task": lambda card: json.dumps({**card, "task": "height"}),
    "no classes": lambda card: json.dumps({**card, "task": "gender"}),
    "nested": lambda card: "[" * 100_000,
    **{f"without {name}": lambda card, name=name: json.dumps({key: card[key] for key in card if key != name})
       for name in ("task", "run", "trial", "experiment", "input", "synthetic", "output", "recipe")},
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGED_CARDS)
def test_a_damaged_card_is_named(damage: str, tmp_path: Path) -> None:
    import hashlib

    from run_folders import experiment

    from xrays.pixels.recipe import PLAIN

    model, file = tmp_path / "best.h5", tmp_path / "best.json"
    model.write_bytes(b"weights")
    card = {
        "task": "age", "output": "years", "class_names": [], "synthetic": False, "run": "run", "trial": 0,
        "input": {"shape": [32, 32, 1], "preprocessing": PLAIN.record()}, "params": {}, "recipe": {},
        "model_sha256": hashlib.sha256(b"weights").hexdigest(), "experiment": experiment().to_json(),
    }  # fmt: skip
    file.write_text(json.dumps(card))
    assert read_card(model)["run"] == "run"
    claim(file, "report", lambda own: True, "")
    file.write_text(DAMAGED_CARDS[damage](card))
    for words in (["predict", str(model), "film.png"], ["explain", str(model), "film.png"], ["explain", str(model)]):
        code, said = called(words)
        assert code == 2 and "best.json is no model card" in said and "next:" in said


@pytest.mark.slow
def test_a_terminal_is_asked_before_a_search_on_the_sample(tmp_path: Path) -> None:
    """Ctrl-C at the question leaves nothing; no terminal, no question."""
    main, other = pty.openpty()
    command_ = [sys.executable, str(CLI), "search", "--task", "age"]
    with subprocess.Popen(
        command_, stdin=other, stdout=other, stderr=other, cwd=tmp_path, start_new_session=True
    ) as job:
        os.close(other)
        said, until = b"", time.monotonic() + 60
        while b"Ctrl-C ends" not in said and time.monotonic() < until:
            if select.select([main], [], [], 1.0)[0]:
                said += os.read(main, 4096)
        job.send_signal(2)
        assert job.wait(60) not in (0, 1) and b"SYNTHETIC" in said and b"5 folds" in said, said
    os.close(main)
    assert not list(tmp_path.iterdir())
