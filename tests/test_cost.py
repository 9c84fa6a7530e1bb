"""What a space costs: its ends, what may not be trained, and the memory that is found."""

from __future__ import annotations

import sys
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from runners._cost import extremes, memory_limit, table, within
from search_spaces import load_space, space_names
from search_spaces._fit import FitRecipe
from search_spaces._hyperparameters import Fixed, Hyperparameters
from search_spaces._narrow import narrow
from search_spaces._space import Footprint, Space

SHAPE = (32, 32, 1)


@dataclass(frozen=True)
class FakeRecipe:
    depth: int
    width: int
    squeeze: float
    head: str
    spare: bool
    fit: FitRecipe


def sample(hp: Hyperparameters) -> FakeRecipe:
    return FakeRecipe(
        depth=hp.integer("depth", 1, 9),
        width=hp.choice("width", (32, 8, 64, 16)),
        squeeze=hp.real("squeeze", 0.25, 4.0, log=True),
        head=hp.choice("head", ("flatten", "average")),
        spare=hp.flag("spare"),
        fit=FitRecipe(
            learning_rate=hp.real("learning_rate", 1e-4, 1e-2, log=True),
            batch_size=hp.choice("batch_size", (32, 16, 64)),
        ),
    )


def footprint(recipe: FakeRecipe, shape: tuple[int, int, int]) -> Footprint:
    """Memory falls with depth where parameters rise."""
    parameters = 100 * recipe.depth * recipe.width + (1000 if recipe.head == "flatten" else 0)
    return Footprint(parameters, 0, int(shape[0] * 1000 * recipe.squeeze / recipe.depth))


def _no_network(*_: object) -> Any:
    raise AssertionError("the cost is known without a network")


SPACE = Space(
    "fake",
    "A space for tests",
    sample,
    _no_network,
    footprint,
    first={
        "depth": 4,
        "width": 16,
        "squeeze": 1.0,
        "head": "average",
        "spare": False,
        "learning_rate": 1e-3,
        "batch_size": 32,
    },
)


@pytest.mark.parametrize("draws", [0, 3, 200])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_ends_of_a_space_whose_ends_are_known(draws: int, seed: int) -> None:
    smallest, largest = extremes(SPACE, SHAPE, draws, seed)
    same = {"spare": False, "learning_rate": 1e-3}
    assert smallest.parameters == 100 * 1 * 8
    assert largest.parameters == 100 * 9 * 64 + 1000
    assert smallest.parameters_at == same | {
        "depth": 1,
        "width": 8,
        "squeeze": 1.0,
        "head": "average",
        "batch_size": 32,
    }
    assert largest.training_bytes == 4 * (100 * 64 + 1000 + 2 * 64 * 32 * 1000 * 4)
    assert largest.training_bytes_at == same | {
        "depth": 1,
        "width": 64,
        "squeeze": 4.0,
        "head": "flatten",
        "batch_size": 64,
    }
    assert smallest.training_bytes == 4 * (100 * 9 * 8 + 2 * 16 * int(32 * 1000 * 0.25 / 9))


def test_what_counts_only_after_a_later_parameter_has_changed() -> None:
    def late(recipe: FakeRecipe, shape: tuple[int, int, int]) -> Footprint:
        return Footprint(1 + (recipe.depth if recipe.spare else 0), 0, 0)

    space = replace(SPACE, footprint=late)
    assert extremes(space, SHAPE, draws=0)[1].parameters == 1 + 9


def test_lesser_peaks_do_not_hold_the_climb() -> None:
    """Where cost follows no rule, the draws find what no climb would."""

    def cost(recipe: FakeRecipe) -> int:
        return zlib.crc32(f"{recipe.depth} {recipe.width} {recipe.head} {recipe.spare}".encode())

    space = replace(SPACE, footprint=lambda recipe, shape: Footprint(cost(recipe), 0, 0))
    known = [
        cost(space.sample(Fixed({**SPACE.first, "depth": depth, "width": width, "head": head, "spare": spare})))
        for depth in range(1, 10)
        for width in (8, 16, 32, 64)
        for head in ("flatten", "average")
        for spare in (False, True)
    ]
    smallest, largest = extremes(space, SHAPE)
    assert (smallest.parameters, largest.parameters) == (min(known), max(known))


def test_the_ends_of_a_narrowed_space() -> None:
    smallest, largest = extremes(narrow(SPACE, ["depth=2..3", "width=16,32"], ["head=flatten"]), SHAPE, draws=50)
    assert (smallest.parameters, largest.parameters) == (100 * 2 * 16 + 1000, 100 * 3 * 32 + 1000)


@pytest.mark.parametrize("name", space_names())
def test_every_space_is_priced(name: str) -> None:
    space = load_space(name)
    smallest, largest = extremes(space, (64, 64, 1), draws=100)
    recipe = space.sample(Fixed(space.first))
    first = space.footprint(recipe, (64, 64, 1))
    assert smallest.parameters <= first.parameters <= largest.parameters
    assert smallest.training_bytes <= first.training_bytes(recipe.fit.batch_size) <= largest.training_bytes
    assert space.footprint(space.sample(Fixed(largest.parameters_at)), (64, 64, 1)).parameters == largest.parameters


def test_a_table_of_the_parameters() -> None:
    assert table(narrow(SPACE, [], ["batch_size=64"])) == [
        ("depth", "1..9", "4"),
        ("width", "32, 8, 64, 16", "16"),
        ("squeeze", "0.25..4 (log)", "1"),
        ("head", "flatten, average", "average"),
        ("spare", "false, true", "false"),
        ("learning_rate", "0.0001..0.01 (log)", "0.001"),
        ("batch_size", "64", "64"),
    ]


COST = Footprint(parameters=12_345_678, trained=12_345_678, activations=10_000_000)
NEED = COST.training_bytes(32)


@pytest.mark.parametrize(
    ("max_parameters", "memory", "reason"),
    [
        (None, None, ""),
        (12_345_678, NEED, ""),
        (10_000_000, NEED, "12,345,678 parameters; at most 10,000,000 (--max-params)"),
        (10_000_000, 1, "12,345,678 parameters; at most 10,000,000 (--max-params)"),
        (None, 1_990_000_000, "needs about 2.9 GB to train with batches of 32; training may take 1.9 GB here"),
        (None, NEED - 1, "needs about 2.9 GB to train with batches of 32; training may take 2.8 GB here"),
    ],
)
def test_what_may_not_be_trained(max_parameters: int | None, memory: int | None, reason: str) -> None:
    assert within(COST, 32, max_parameters, memory) == reason


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


def test_this_machine_has_memory() -> None:
    found = memory_limit()
    assert found is not None and found > 10**8
