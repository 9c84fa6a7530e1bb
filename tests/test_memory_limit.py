"""The memory that training may take: the machine's, the control group's or the smallest GPU's. What ran out of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from runners._workers.devices import Gpu
from runners._workers.memory import free_memory, memory_limit, oom_kills


def sysconf(name: str) -> int:
    return {"SC_PHYS_PAGES": 4000, "SC_PAGE_SIZE": 4096}[name]


def unknown(name: str) -> int:
    raise ValueError("unrecognized configuration name")


NONE: tuple[Gpu, ...] = ()


def write(root: Path, path: str, text: str) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text + "\n")


def test_the_machine_is_the_limit_where_nothing_else_is(tmp_path: Path) -> None:
    assert memory_limit(NONE, tmp_path, sysconf) == int(0.8 * 4000 * 4096)
    assert memory_limit(NONE, tmp_path, unknown) is None


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
    assert memory_limit(NONE, tmp_path, sysconf) == int(0.8 * (limit or 4000 * 4096))


def test_what_others_take_is_not_free(tmp_path: Path) -> None:
    limit = free_memory(tmp_path)
    assert limit == memory_limit(NONE, tmp_path), "nobody says what is left"
    write(tmp_path, "proc/meminfo", "MemTotal: 9 kB\nMemFree: 2 kB\nMemAvailable:  3 kB")
    assert free_memory(tmp_path) == 3 * 1024


@pytest.mark.parametrize(("cards", "limit"), [((10, 5), 5), ((10, None), 10), ((None,), None), ((7,), 7)])
def test_the_smallest_gpu_that_tells(cards: tuple[int | None, ...], limit: int | None, tmp_path: Path) -> None:
    found = memory_limit([Gpu(str(index), memory) for index, memory in enumerate(cards)], tmp_path, unknown)
    assert found == (None if limit is None else int(0.8 * limit))


def test_a_small_machine_with_a_large_gpu(tmp_path: Path) -> None:
    assert memory_limit([Gpu("0", 10**12)], tmp_path, sysconf) == int(0.8 * 4000 * 4096)


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
    found = memory_limit(NONE)
    assert found is not None and found > 10**8
