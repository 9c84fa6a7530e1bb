"""How many cores may be used: what the process may run on, and the quotas of its control groups."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xrays.cores import usable_cores

HERE = usable_cores(Path("/nowhere"))  # without control groups
PERIOD = 100_000


@pytest.fixture(autouse=True)
def _sixteen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host on which this process may run everywhere."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(16)), raising=False)


def tree(root: Path, own: str, files: dict[str, str]) -> Path:
    for path, text in {
        "proc/self/cgroup": own,
        **{f"sys/fs/cgroup/{path}": text for path, text in files.items()},
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text + "\n")
    return root


@pytest.mark.parametrize(
    ("own", "files", "cores"),
    [
        ("", {}, 16),
        ("0::/", {"cpu.max": "200000 100000"}, 2),
        ("0::/", {"cpu.max": "max 100000"}, 16),
        ("0::/", {"cpu.max": "3200000 100000"}, 16),
        ("0::/", {"cpu.max": "150000 100000"}, 2),
        ("0::/", {"cpu.max": "1000 100000"}, 1),
        ("0::/a/b", {"a/b/cpu.max": "max 100000", "a/cpu.max": "300000 100000"}, 3),
        ("0::/a/b", {"a/b/cpu.max": "50000 10000", "a/cpu.max": "700000 100000", "cpu.max": "max 1"}, 5),
        ("0::/not/mounted", {"cpu.max": "400000 100000"}, 4),
        ("3:cpu:/job", {"cpu/job/cpu.cfs_quota_us": "200000", "cpu/job/cpu.cfs_period_us": "100000"}, 2),
        ("3:cpu:/job", {"cpu/job/cpu.cfs_quota_us": "-1", "cpu/job/cpu.cfs_period_us": "100000"}, 16),
        ("3:cpu:/job/a", {"cpu/job/cpu.cfs_quota_us": "200000", "cpu/job/cpu.cfs_period_us": "100000"}, 2),
        ("3:cpu,cpuacct:/", {"cpu,cpuacct/cpu.cfs_quota_us": "9000", "cpu,cpuacct/cpu.cfs_period_us": "3000"}, 3),
        ("3:cpu,cpuacct:/", {"cpu/cpu.cfs_quota_us": "9000", "cpu/cpu.cfs_period_us": "3000"}, 3),
        ("3:cpuacct:/\n0::/", {"cpu/cpu.cfs_quota_us": "9000", "cpu/cpu.cfs_period_us": "3000"}, 16),
        ("4:memory:/a\n3:cpu:/\n0::/", {"cpu/cpu.cfs_quota_us": "7", "cpu/cpu.cfs_period_us": "7"}, 1),
        ("0::/", {"cpu.max": "no number"}, 16),
        ("0::/", {"cpu.max": "100000 0"}, 16),
    ],
)  # fmt: skip
def test_quotas(own: str, files: dict[str, str], cores: int, tmp_path: Path) -> None:
    assert usable_cores(tree(tmp_path, own, files)) == cores


def test_what_it_may_run_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {3, 5, 8})
    assert usable_cores(tmp_path) == 3
    assert usable_cores(tree(tmp_path, "0::/", {"cpu.max": "200000 100000"})) == 2
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 12)
    assert usable_cores(Path("/nowhere")) == 12


@given(
    quotas=st.lists(st.none() | st.integers(1, 40 * PERIOD), min_size=1, max_size=5),
    second=st.booleans(),
)
def test_the_tightest_of_all_groups_counts(
    quotas: list[int | None], second: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """quotas: from the top down to the process's own group."""
    files = {}
    for depth, quota in enumerate(quotas):
        folder = "/".join(["", *map(str, range(depth))])
        if second:
            files[f"{folder}/cpu.max"] = f"{quota or 'max'} {PERIOD}"
        else:
            files[f"cpu{folder}/cpu.cfs_quota_us"] = str(quota or -1)
            files[f"cpu{folder}/cpu.cfs_period_us"] = str(PERIOD)
    own = "/".join(map(str, range(len(quotas) - 1)))
    root = tree(tmp_path_factory.mktemp("host"), f"{'0:' if second else '3:cpu'}:/{own}", files)
    expected = min([16.0, *(quota / PERIOD for quota in quotas if quota)])
    assert usable_cores(root) == math.ceil(expected)


def test_this_machine_has_cores() -> None:
    assert 1 <= usable_cores() <= 16 and HERE >= 1


def test_nobody_asks_the_system_otherwise() -> None:
    """A number of cores without the quota would be one of another machine."""
    root = Path(__file__).parents[1]
    asking = {
        str(file.relative_to(root))
        for package in ("xrays", "search_spaces", "trials", "runners", "reports", "benchmarks")
        for file in (root / package).rglob("*.py")
        if any(word in file.read_text() for word in ("cpu_count", "sched_getaffinity"))
    }
    assert asking == {"xrays/cores.py"}
