"""The memory that training may take: the machine's, the control group's or the smallest GPU's. What ran out of it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from runners._cost import memory_limit
from runners._machine import oom_kills


def sysconf(name: str) -> int:
    return {"SC_PHYS_PAGES": 4000, "SC_PAGE_SIZE": 4096}[name]


def unknown(name: str) -> int:
    raise ValueError("unrecognized configuration name")


def cards(*rows: str) -> tuple[str, ...]:
    """A command that answers as nvidia-smi does."""
    return (sys.executable, "-c", f"print({chr(10).join(rows)!r})")


NO_GPU = ("no-such-command-as-this",)
TWO = cards("0, GPU-aaaa, 40960", "1, GPU-bbbb, 10240")


def write(root: Path, path: str, text: str) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text + "\n")


def test_the_machine_is_the_limit_where_nothing_else_is(tmp_path: Path) -> None:
    assert memory_limit(tmp_path, NO_GPU, {}, sysconf) == int(0.8 * 4000 * 4096)
    assert memory_limit(tmp_path, NO_GPU, {}, unknown) is None


@pytest.mark.parametrize(
    ("own", "files", "limit"),
    [
        ("0::/", {"memory.max": "1000000"}, 1_000_000),
        ("0::/", {"memory.max": "max"}, None),
        ("0::/a/b", {"memory.max": "max", "a/memory.max": "700000", "a/b/memory.max": "900000"}, 700_000),
        ("0::/not/mounted", {"memory.max": "800000"}, 800_000),
        ("4:memory:/job\n0::/", {"memory/job/memory.limit_in_bytes": "600000"}, 600_000),
        ("4:cpu,memory:/", {"memory/memory.limit_in_bytes": "500000"}, 500_000),
        ("4:memory:/", {"memory/memory.limit_in_bytes": "9223372036854771712"}, None),
        ("4:cpu:/", {"memory/memory.limit_in_bytes": "500000"}, None),
    ],
)
def test_control_groups(tmp_path: Path, own: str, files: dict[str, str], limit: int | None) -> None:
    write(tmp_path, "proc/self/cgroup", own)
    for path, text in files.items():
        write(tmp_path, f"sys/fs/cgroup/{path}", text)
    assert memory_limit(tmp_path, NO_GPU, {}, sysconf) == int(0.8 * (limit or 4000 * 4096))


@pytest.mark.parametrize(
    ("visible", "mebibytes"),
    [
        (None, 10240),
        ("0", 40960),
        ("1,0", 10240),
        ("GPU-aa", 40960),
        ("0,-1,1", 40960),
        ("7,1", None),
        ("MIG-aaaa", None),
        ("", None),
        ("-1", None),
    ],
)
def test_the_smallest_visible_gpu(tmp_path: Path, visible: str | None, mebibytes: int | None) -> None:
    environment = {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}
    expected = None if mebibytes is None else int(0.8 * mebibytes * 2**20)
    assert memory_limit(tmp_path, TWO, environment, unknown) == expected


def test_a_small_machine_with_a_large_gpu(tmp_path: Path) -> None:
    assert memory_limit(tmp_path, TWO, {}, sysconf) == int(0.8 * 4000 * 4096)


@pytest.mark.parametrize(
    "command",
    [
        cards("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver."),
        cards("0, GPU-aaaa, [N/A]"),
        cards(""),
        (sys.executable, "-c", "raise SystemExit(9)"),
    ],
)
def test_a_gpu_that_does_not_tell_is_none(tmp_path: Path, command: tuple[str, ...]) -> None:
    assert memory_limit(tmp_path, command, {}, unknown) is None


@pytest.mark.parametrize(
    ("own", "files", "kills"),
    [
        (
            "0::/a",
            {"a/memory.events": "low 9\noom 5\noom_kill 3\noom_group_kill 8", "memory.events": "oom_kill 7"},
            3,
        ),
        ("0::/not/mounted", {"memory.events": "oom 5\noom_kill 4"}, 4),
        ("4:memory:/job\n0::/", {"memory/job/memory.oom_control": "under_oom 0\noom_kill 2"}, 2),
        ("4:memory:/", {"memory/memory.oom_control": "oom_kill_disable 0\noom_kill 0"}, 0),
        ("0::/", {"memory.max": "max"}, 6),
    ],
)
def test_how_many_the_kernel_has_killed(tmp_path: Path, own: str, files: dict[str, str], kills: int) -> None:
    assert oom_kills(tmp_path) == 0, "nothing tells"
    write(tmp_path, "proc/vmstat", "pgfault 11\noom_kill 6\noom_killers 12")
    assert oom_kills(tmp_path) == 6, "no control groups"
    write(tmp_path, "proc/self/cgroup", own)
    for path, text in files.items():
        write(tmp_path, f"sys/fs/cgroup/{path}", text)
    assert oom_kills(tmp_path) == kills


def test_this_machine_has_memory() -> None:
    found = memory_limit()
    assert found is not None and found > 10**8
