"""The files of a run survive a kill: a torn line is not read, a file is whole or as it was, one process writes."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from run_folders import run_folder, trial

from trials.files import append_line, in_use, locked, whole_lines, write_atomically
from xrays.errors import UserError

ROOT = Path(__file__).parents[1]


@contextmanager
def child(program: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """A Python process that runs the program; killed at the end if it is still there."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    process = subprocess.Popen(command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


class TestLines:
    @pytest.mark.parametrize("torn", [b"{", b'{"number": 1, "state": "comp', b'{"label": "\xc3', b"\x00\x00\x00"])
    def test_a_torn_last_line_is_not_read_and_then_cut_off(self, tmp_path: Path, torn: bytes) -> None:
        first, second = trial(0, [9.0]), trial(1, [8.0])
        store = run_folder(tmp_path, trials=[first])
        with (store.path / "trials.jsonl").open("ab") as file:
            file.write(torn)
        assert store.trials() == [first]
        store.append(second)
        assert store.trials() == [first, second]
        assert (store.path / "trials.jsonl").read_bytes().count(b"\n") == 2

    def test_a_line_that_lacks_its_end_only_is_torn_too(self, tmp_path: Path) -> None:
        """It may have been cut exactly there, or inside a number that still reads."""
        file = tmp_path / "lines"
        append_line(file, "1")
        file.write_bytes(b"1\n25")
        assert whole_lines(file.read_bytes()) == ["1"]
        append_line(file, "3")
        assert file.read_bytes() == b"1\n3\n"

    def test_nothing_but_a_torn_line(self, tmp_path: Path) -> None:
        file = tmp_path / "lines"
        file.write_bytes(b"half")
        assert whole_lines(file.read_bytes()) == []
        append_line(file, "1")
        assert file.read_bytes() == b"1\n"

    def test_empty(self, tmp_path: Path) -> None:
        (tmp_path / "empty").touch()
        assert whole_lines((tmp_path / "empty").read_bytes()) == []
        append_line(tmp_path / "empty", "1")
        assert whole_lines((tmp_path / "empty").read_bytes()) == ["1"]

    @given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"))))
    def test_any_lines(self, tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
        file = tmp_path_factory.mktemp("lines") / "lines"
        for line in lines:
            append_line(file, line)
        assert whole_lines(file.read_bytes() if lines else b"") == lines

    def test_another_process_reads_it_at_once(self, tmp_path: Path) -> None:
        program = """
import sys
from pathlib import Path
from trials.store import RunStore
store = RunStore.open(Path(sys.argv[1]))
for _ in sys.stdin:
    print([result.number for result in store.trials()], flush=True)
"""
        store = run_folder(tmp_path)
        with child(program, store.path) as reader:
            assert reader.stdin is not None and reader.stdout is not None
            for number in range(3):
                store.append(trial(number, [9.0]))
                reader.stdin.write("?\n")
                reader.stdin.flush()
                assert json.loads(reader.stdout.readline()) == list(range(number + 1))


class TestAtomicWrites:
    def test_replaces_and_leaves_no_other_file(self, tmp_path: Path) -> None:
        for content in (b"first", b"second"):
            write_atomically(tmp_path / "file", content)
        assert [file.name for file in tmp_path.iterdir()] == ["file"]
        assert (tmp_path / "file").read_bytes() == b"second"

    def test_a_failure_keeps_the_old_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write_atomically(tmp_path / "file", b"first")

        def full(descriptor: int) -> None:
            raise OSError(errno.ENOSPC, "no space left")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match=f"no space left: '{tmp_path}/file'"):
            write_atomically(tmp_path / "file", b"second")
        assert [file.name for file in tmp_path.iterdir()] == ["file"]
        assert (tmp_path / "file").read_bytes() == b"first"


HOLD = """
import sys
from pathlib import Path
from trials.files import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""


class TestLock:
    def test_one_process_at_a_time(self, tmp_path: Path) -> None:
        with child(HOLD, tmp_path) as holder:
            assert holder.stdout is not None and holder.stdout.readline() == "held\n"
            with pytest.raises(UserError) as caught, locked(tmp_path):
                pytest.fail("two processes hold the folder")
            assert f"{tmp_path} is in use by pid {holder.pid} on {socket.gethostname()}" == caught.value.given
            assert "--name" in caught.value.remedy
            with pytest.raises(UserError), locked(tmp_path):  # the refusal has not let go of it
                pass
            holder.communicate("\n", timeout=30)
            assert holder.returncode == 0
            with locked(tmp_path):
                assert str(os.getpid()) in (tmp_path / ".lock").read_text()

    def test_who_only_looks_refuses_nobody(self, tmp_path: Path) -> None:
        """A report that is watched looks every two seconds: it holds the lock for a moment."""
        with locked(tmp_path):
            (tmp_path / ".lock").write_text("pid 1 on another\n")  # as a kill leaves it
        with (tmp_path / ".lock").open() as looking:
            fcntl.flock(looking, fcntl.LOCK_SH)
            let_go = threading.Timer(0.2, looking.close)
            let_go.start()
            with locked(tmp_path):
                assert str(os.getpid()) in (tmp_path / ".lock").read_text()
            let_go.join()

    def test_nobody_is_named_who_has_let_go(self, tmp_path: Path) -> None:
        with locked(tmp_path):
            pass
        with (tmp_path / ".lock").open() as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            with pytest.raises(UserError, match="in use by another process"), locked(tmp_path):
                pass

    def test_who_looks_writes_nothing(self, tmp_path: Path) -> None:
        """The folder may be a colleague's: it can be read, and nothing else."""
        assert not in_use(tmp_path) and not list(tmp_path.iterdir())
        with child(HOLD, tmp_path) as holder:
            assert holder.stdout is not None and holder.stdout.readline() == "held\n"
            opened = Path.open

            def only_to_read(path: Path, mode: str = "r") -> IO[str]:
                assert mode == "r"
                return opened(path, mode)

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(Path, "open", only_to_read)
                assert in_use(tmp_path)
            holder.communicate("\n", timeout=30)
        assert not in_use(tmp_path)

    @pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
    def test_a_file_system_without_locks(self, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def none(file: object, kind: int) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(fcntl, "flock", none)
        with pytest.raises(UserError, match=r"locks are not supported[\s\S]*--runs DIR"), locked(tmp_path):
            pytest.fail("nothing holds it")
        assert not in_use(tmp_path), "nobody can hold it"

    def test_a_folder_that_is_not_there_is_made(self, tmp_path: Path) -> None:
        with locked(tmp_path / "runs" / "mine"):
            assert in_use(tmp_path / "runs" / "mine")

    def test_a_killed_holder_lets_go(self, tmp_path: Path) -> None:
        with child(HOLD, tmp_path) as holder:
            assert holder.stdout is not None and holder.stdout.readline() == "held\n"
            holder.send_signal(signal.SIGKILL)
            holder.wait(30)
            with locked(tmp_path):
                pass

    def test_it_is_free_after_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(RuntimeError), locked(tmp_path):
            raise RuntimeError
        with locked(tmp_path):
            pass

    def test_the_holder_s_children_do_not_hold_it(self, tmp_path: Path) -> None:
        """A worker that outlives a killed driver must not keep the folder."""
        program = "import time; print('up', flush=True); time.sleep(60)"
        with locked(tmp_path):
            process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
        try:
            assert process.stdout is not None and process.stdout.readline() == b"up\n"
            with locked(tmp_path):
                pass
        finally:
            process.kill()
            process.communicate()
