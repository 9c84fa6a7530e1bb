"""A disk that fills up at any write: a clear message, a folder that is whole, and a search that goes on."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from drawing import Script, new_store, searched
from fake_workers import experiment
from test_search_loop import essence

import cli
from runners._search.budget import Budget
from trials.files import locked, room
from trials.store import RunStore
from xrays.errors import UserError

TRIALS = 4


def full_after(writes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next writes reach the disk, and from then on none does; what was written of it so far stays behind."""
    left, sync = [writes], os.fsync

    def fsync(descriptor: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)


@pytest.mark.parametrize("writes", [0, 1, 2, 3, 5, 8, 9, 10, 11, 12, 13, 14, 15, 20, 26])
def test_a_search_goes_on_when_there_is_room_again(
    writes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, filled = (new_store(tmp_path / name, experiment(pruner="race")) for name in ("whole", "filled"))
    searched(whole, Script(), Budget(TRIALS))
    with monkeypatch.context() as patch, pytest.raises(UserError, match=r"the disk of .* is full") as error:
        full_after(writes, patch)
        with room(filled.path):
            searched(filled, Script(), Budget(TRIALS))
    assert "goes on" in str(error.value)
    assert not list(filled.path.rglob("*.tmp")), "nothing half-written"
    searched(RunStore.open(filled.path), Script(), Budget(TRIALS))
    assert [essence(result) for result in filled.trials()] == [essence(result) for result in whole.trials()]


def test_no_room_for_the_folder_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, *arguments: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    monkeypatch.setattr(Path, "mkdir", full)
    with (
        pytest.raises(UserError, match=f"the disk of {tmp_path} is full"),
        room(tmp_path / "a"),
        locked(tmp_path / "a"),
    ):
        pytest.fail("there is no such folder")


def test_the_disk_that_is_full_is_the_one_that_is_named(tmp_path: Path) -> None:
    """Temporary files lie elsewhere."""
    with pytest.raises(UserError, match="the disk of /elsewhere is full"), room(tmp_path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/elsewhere/part")


def test_other_errors_of_the_system_are_no_full_disk(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), room(tmp_path):
        raise PermissionError(errno.EACCES, "no")


def test_what_is_written_elsewhere_finds_no_room(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fill() -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "page.html")

    monkeypatch.setattr(cli, "app", fill)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2 and "the disk of page.html is full" in capsys.readouterr().err
