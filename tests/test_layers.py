"""Who may import whom, and which library may be loaded where: every import of every module is read.

The rules are those of CONTRIBUTING.md; `python tests/house.py` draws the picture. What an
import really loads is measured in test_startup.py.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from house import PACKAGES, ROOT, House, Import, house_of, imports_of, project_imports

# Package -> packages of this project that it may import, itself included.
MAY_IMPORT = {
    "xrays": {"xrays"},
    "search_spaces": {"search_spaces", "xrays"},
    "trials": {"trials", "xrays"},
    "runners": {"runners", "search_spaces", "trials", "xrays"},
    "reports": {"reports", "trials", "xrays"},
    "cli": {"runners", "reports", "search_spaces", "trials", "xrays"},
}
OURS = {*MAY_IMPORT, "tests", "benchmarks"}

# Libraries that a package may load when it is imported; whatever else it uses stands inside functions.
AT_TOP = {
    "xrays": {"numpy", "pandas"},
    "search_spaces": set[str](),
    "trials": {"numpy", "pandas"},
    "runners": {"numpy", "pandas", "rich"},
    "reports": {"numpy", "pandas", "plotly"},
    "cli": {"typer"},
}
# The files that make layers or train: they run inside a worker.
KERAS_AT_TOP = {
    "search_spaces/_layers.py",
    "search_spaces/_augment_layers.py",
    "runners/_explain/gradcam.py",
    "runners/_training/context.py",
    "runners/_training/devices.py",
    "runners/_training/extraction.py",
    "runners/_training/flat.py",
    "runners/_training/fused.py",
    "runners/_training/material.py",
    "runners/_training/network.py",
    "runners/_training/optimizers.py",
    "runners/_training/rating.py",
    "runners/_training/recalibrated.py",
    "runners/_training/joined.py",
    "runners/_training/written.py",
    "runners/_training/shrink.py",
    "runners/_training/trainer.py",
}
# Files that load nothing but the standard library: they are imported by `--help`, or by everyone.
NOTHING_AT_TOP = {"xrays/errors.py", "xrays/labels.py", "xrays/tasks.py"} | {
    f"{package}/__init__.py" for package in MAY_IMPORT if package != "cli"
}
# What stands on what in `runners/`: a room imports only rooms of lower levels.
ROOMS = {
    1: ("_backend", "_inputs", "_loading", "_outcome", "_race", "_searcher", "_seeds", "_versions", "_words"),
    2: ("_samplers", "_workers"),
    3: ("_ablation", "_final", "_ray", "_training"),
    4: ("_models", "_search"),
    5: ("_evaluate", "_explain", "_predict", "_terminal"),
    6: ("_commands",),
}
PLUG_IN = 3  # the level of a runner, which nobody imports but by its name
NETWORKS = {"keras", "tensorflow", "torch", "jax", "keras_tuner"}
# Libraries that a package never loads, wherever the import stands.
NEVER = {
    "xrays": NETWORKS | {"optuna", "plotly", "ray", "rich", "typer"},
    "search_spaces": {"optuna", "keras_tuner", "tensorflow", "plotly", "ray", "rich", "typer"},
    "trials": NETWORKS | {"cv2", "kagglehub", "plotly", "ray", "rich", "typer"},
    "runners": {"plotly", "typer"},
    "reports": NETWORKS | {"cv2", "kagglehub", "ray", "typer"},
    "cli": NETWORKS | {"numpy", "pandas", "optuna", "plotly"},
}


def breaches(imports: list[Import]) -> list[str]:
    """What the rules forbid, one line each."""
    return [f"{found}: {rule}" for found in imports for rule in _broken(found)]


def _broken(found: Import) -> Iterator[str]:
    package, library = found.package, found.library
    if library in OURS:
        if library not in MAY_IMPORT[package]:
            yield f"{package} may import {', '.join(sorted(MAY_IMPORT[package]))}"
        if found.file == "cli.py" and found.at_top and found.module != "xrays.errors":
            yield "only xrays.errors at the top of cli.py"
        return
    if library in sys.stdlib_module_names:
        return
    if "?" in library:
        if found.file in KERAS_AT_TOP:  # Keras's backend by its name: it is loaded there in any case
            return
        yield 'a module\'s name that is made at run time begins with its package: f"package.{name}"'
        return
    if library in NEVER[package] and not (found.typing_only and package == "search_spaces"):
        yield f"never in {package}"
    if not found.at_top or found.typing_only:
        return
    if found.file in NOTHING_AT_TOP:
        yield "this file loads nothing but the standard library"
    allowed = AT_TOP[package] | ({"keras"} if found.file in KERAS_AT_TOP else set())
    if library not in allowed:
        yield "inside the function that uses it"


def test_every_import_keeps_the_rules() -> None:
    found = project_imports()
    assert len(found) > 200, "the files were not found"
    assert breaches(found) == []


def test_rooms_of_a_package_import_each_other_in_no_circle() -> None:
    imports = project_imports()
    circles = {package: house_of(package, imports).circles for package in PACKAGES}
    assert {package: found for package, found in circles.items() if found} == {}


def misplaced(house: House) -> list[str]:
    """Rooms of `runners/` that have no level, and imports that do not lead down."""
    levels = {room: level for level, rooms in ROOMS.items() for room in rooms}
    lines = [f"{room} has no level" for room in house.arrows if room.startswith("_") and room not in levels]
    lines += [f"there is no room {room}" for room in levels if room not in house.arrows]
    for room, below in house.arrows.items():
        own = levels.get(room, PLUG_IN)
        lines += [f"{found} from level {own}" for other, found in below.items() if levels.get(other, PLUG_IN) >= own]
    return lines


def test_rooms_of_runners_import_lower_ones_only() -> None:
    """A new room, and an arrow that leads up, are decisions: they are made in ROOMS."""
    assert misplaced(house_of("runners", project_imports())) == []


def test_an_arrow_that_leads_up_would_be_seen() -> None:
    up = imports_of("from runners._search.budget import Budget", "runners/_race/race.py")
    assert any(
        "runners/_race/race.py:1 imports runners._search.budget" in line
        for line in misplaced(house_of("runners", up))
    )


def test_a_circle_would_be_seen() -> None:
    imports = [
        *imports_of("from runners._search.budget import Budget", "runners/_race/race.py"),
        *imports_of("def f():\n    import runners._race.race", "runners/_search/loop.py"),
        *imports_of("from runners import optuna", "runners/_terminal/view.py"),
    ]
    house = house_of("runners", imports)
    assert house.circles == [["_race", "_search"]]
    assert (house.levels["optuna"], house.levels["_terminal"]) == (1, 2)


def test_the_rules_name_files_that_there_are() -> None:
    assert [file for file in sorted(KERAS_AT_TOP | NOTHING_AT_TOP) if not (ROOT / file).exists()] == []


def test_every_package_has_a_rule() -> None:
    """A new top-level folder of code is a decision: it gets its row here."""
    packages = {file.parent.name for file in ROOT.glob("*/__init__.py")}
    assert packages == set(MAY_IMPORT) - {"cli"}


@pytest.mark.parametrize(
    ("file", "source", "rule"),
    [
        ("xrays/folds.py", "from trials.records import FoldScore", "xrays may import xrays"),
        ("xrays/folds.py", "def f():\n    import runners", "xrays may import xrays"),
        ("xrays/folds.py", "import cv2", "inside the function"),
        ("xrays/folds.py", "def f():\n    import keras", "never in xrays"),
        ("xrays/tasks.py", "import numpy as np", "loads nothing but"),
        ("xrays/__init__.py", "from pandas import read_csv", "loads nothing but"),
        ("trials/store.py", "from runners._seeds import derive", "trials may import"),
        ("trials/store.py", "from search_spaces._space import Space", "trials may import"),
        ("trials/store.py", "try:\n    import sklearn\nexcept ImportError: pass", "inside the function"),
        ("search_spaces/cnn.py", "import keras", "inside the function"),
        ("search_spaces/cnn.py", "class Recipe:\n    import keras", "inside the function"),
        ("search_spaces/cnn.py", "from trials.records import Scalar", "search_spaces may import"),
        ("search_spaces/_layers.py", "import tensorflow as tf", "never in search_spaces"),
        ("runners/_search/loop.py", "import keras", "inside the function"),
        ("runners/optuna.py", "import optuna", "inside the function"),
        ("runners/_search/loop.py", "from reports._page.build import build_report", "runners may import"),
        ("runners/_search/loop.py", "import cli", "runners may import"),
        ("reports/folds.py", "from runners._words import score_words", "reports may import"),
        (
            "reports/folds.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import runners._terminal.view",
            "reports",
        ),
        ("reports/folds.py", "def f():\n    from keras import ops", "never in reports"),
        (
            "reports/folds.py",
            "import importlib\nimportlib.import_module('runners._search.place')",
            "reports may import",
        ),
        ("reports/folds.py", "import importlib\nimportlib.import_module(name)", "a module's name"),
        ("reports/folds.py", "import importlib\nimportlib.import_module(f'{name}.a')", "a module's name"),
        ("reports/folds.py", "import importlib\nimportlib.import_module(f'runners.{name}')", "reports may import"),
        ("reports/folds.py", "__import__('keras')", "never in reports"),
        ("reports/folds.py", "from ..runners import _view", "reports may import"),
        ("cli.py", "import rich", "inside the function"),
        ("cli.py", "from xrays.tasks import TASKS", "only xrays.errors"),
        ("runners/_search/loop.py", "def f():\n    import typer", "never in runners"),
        ("trials/store.py", "import tests.run_folders", "trials may import"),
    ],
)
def test_each_rule_can_be_broken(file: str, source: str, rule: str) -> None:
    found = breaches(imports_of(source, file))
    assert found and any(rule in line for line in found), found


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("runners/_training/trainer.py", "import keras\nfrom keras import ops"),
        ("runners/optuna.py", "def f():\n    import optuna"),
        ("search_spaces/cnn.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import keras"),
        ("xrays/pixels/raster.py", "import numpy\nclass A:\n    def f(self):\n        import cv2"),
        ("reports/__init__.py", "from importlib import import_module\nimport_module(f'{__name__}.{name}')"),
        ("reports/folds.py", "from . import _rows\nfrom ._rows import best"),
        ("runners/__init__.py", "from importlib import import_module\nimport_module(f'runners.{name}')"),
        (
            "reports/folds.py",
            "from reports._evidence.rows import best\nfrom trials.store import RunStore\nimport pandas",
        ),
        ("cli.py", "import typer\ndef f():\n    from runners._commands.export import export_best"),
    ],
)
def test_what_the_rules_allow(file: str, source: str) -> None:
    assert breaches(imports_of(source, file)) == []
