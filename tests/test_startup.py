"""What is loaded when: help without numpy, the report and the search's driver without a network library.

Everything is measured in processes of its own; this one has loaded too much already.
"""

from __future__ import annotations

import json
import os
import pkgutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from runners import runner_names
from search_spaces import space_names

ROOT = Path(__file__).parents[1]
HEAVY = {
    "cv2", "jax", "kagglehub", "keras", "keras_tuner", "numpy", "optuna", "pandas", "plotly", "pydicom", "ray",
    "scipy", "sklearn", "tensorflow", "torch",
}  # fmt: skip
NETWORKS = {"jax", "keras", "keras_tuner", "tensorflow", "torch"}
HELP_SECONDS = 0.35  # above `import typer`


def loaded_by(program: str) -> set[str]:
    """Libraries that are loaded after the program has run to its end, in a fresh process in the project's folder."""
    told = f"""
import json, sys
try:
    exec({program!r})
except SystemExit as end:
    assert not end.code, end
print("\\n" + json.dumps(sorted({{name.split(".")[0] for name in sys.modules}})))
"""
    done = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def command(*arguments: str) -> str:
    """A program that does what `python cli.py …` does."""
    return f"import runpy; sys.argv = {['cli.py', *arguments]!r}; runpy.run_path('cli.py', run_name='__main__')"


def processor_seconds(arguments: Sequence[str]) -> float:
    """Processor time of a process: what others do on this machine at the same time hardly changes it."""
    process = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_utime + usage.ru_stime


def test_the_measurement_sees_what_is_loaded() -> None:
    assert {"numpy", "pandas", "xrays"} <= loaded_by("import xrays.layout")
    assert "numpy" not in loaded_by("import typer")


def test_help_loads_nothing_heavy() -> None:
    """One after the other in a process: all together load it nowhere."""
    words = ["", *(f"{name} " for name in ("search", "prepare", "export", "replay"))]
    program = "\n".join(f"try:\n    {command(*f'{word}--help'.split())}\nexcept SystemExit: pass" for word in words)
    loaded = loaded_by(program)
    assert "typer" in loaded
    assert loaded & HEAVY == set()


def test_help_is_quick() -> None:
    """The least of five each, in turns."""
    pairs = [(processor_seconds(["cli.py", "--help"]), processor_seconds(["-c", "import typer"])) for _ in range(5)]
    helps, typers = zip(*pairs, strict=True)
    assert min(helps) - min(typers) <= HELP_SECONDS


def test_nothing_that_was_loaded_is_looked_through_at_the_end() -> None:
    """The interpreter would look for garbage in it, which takes a fifth of a quick command's time."""
    told = "import atexit, gc, sys; atexit.register(lambda: print('kept out:', gc.get_freeze_count()))"  # called last
    done = subprocess.run(
        [sys.executable, "-c", f"{told}; {command('--version')}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout.rpartition("kept out: ")[2]) > 10_000, done.stdout


def test_packages_alone_load_nothing_heavy() -> None:
    loaded = loaded_by("import xrays, search_spaces, trials, runners, reports")
    assert "reports" in loaded and loaded & HEAVY == set()


def test_plug_ins_that_help_reads_load_nothing_heavy() -> None:
    """Runners with their samplers, pruners and spaces: a library of theirs is loaded when it is needed."""
    modules = [f"runners.{name}" for name in runner_names()] + [f"search_spaces.{name}" for name in space_names()]
    loaded = loaded_by(f"import runners._race.pruners, {', '.join(modules)}")
    assert {"runners", "search_spaces"} <= loaded and loaded & HEAVY == set()


def test_tasks_and_names_of_plug_ins_load_nothing_heavy() -> None:
    program = """
import xrays.errors, xrays.tasks
from reports import sections
from runners import runner_names
from search_spaces import space_names
assert space_names() and runner_names()
"""
    assert loaded_by(program) & HEAVY == set()


def test_scores_need_no_library_but_numpy() -> None:
    """A worker that scores its first fold would load scikit-learn, which takes half as long as its own start."""
    program = """
import numpy as np
from xrays.statistics.metrics import score
from xrays.tasks import TASKS
for task in TASKS.values():
    assert score(task, np.array([0.0, 1.0, 1.0]), np.array([0.2, 0.7, 0.1]))
"""
    assert loaded_by(program) & HEAVY == {"numpy"}


def modules_of(package: str) -> str:
    """A program that loads each of them."""
    modules = [f"{package}.{module.name}" for module in pkgutil.iter_modules([str(ROOT / package)])]
    return f"import {', '.join(modules)}"


# What does its work without a network library: only workers load a backend.
WITHOUT_NETWORKS = {
    "every module of xrays": modules_of("xrays"),
    "every module of trials": modules_of("trials"),
    "every section": modules_of("reports"),
    "a report": """
import tempfile
from pathlib import Path
sys.path.insert(0, "tests")
from run_folders import run_folder, trial
from reports._page.build import build_report
with tempfile.TemporaryDirectory() as folder:
    store = run_folder(Path(folder), trials=[trial(0, [9.0, 9.5, 10.0]), trial(1, [12.0], "pruned")])
    build_report([store], Path(folder) / "report.html")
assert {"pandas", "plotly"} <= sys.modules.keys()
""",
    "the driver of a search, with the searcher at work, the linear probe and the folds": """
import runners._search.baselines, runners._models.openings, runners._race.race
import runners._search.loop, runners._search.session
import runners._workers.main, runners._terminal.view, runners._workers.local
import xrays.folds, xrays.prepare
sys.path.insert(0, "tests")
from run_folders import experiment
from runners import load_runner
from search_spaces import load_space
from xrays.tasks import TASKS
searcher = load_runner("optuna").open_searcher(load_space("cnn"), TASKS["age"], experiment())
assert searcher.ask(0) is not None
assert {"numpy", "optuna"} <= sys.modules.keys()
""",
    "the driver of prepare, export and predict": """
import runners._models.card, runners._commands.export, runners._commands.predict
import xrays.sources, xrays.phantom.sample
""",
}


def test_no_driver_loads_a_network_library() -> None:
    """One after the other in a process, since what they load otherwise takes longest: who is the first is named."""
    steps = "".join(
        f"{program}\nassert not {NETWORKS!r} & sys.modules.keys(), {name!r}\n"
        for name, program in WITHOUT_NETWORKS.items()
    )
    loaded = loaded_by(steps)
    assert {"xrays", "trials", "reports", "runners"} <= loaded and loaded & NETWORKS == set()
