"""What lists samplers, pruners, spaces and the like lists what there is: `--help`, errors, README and contract tests.

Each is shown with one more of its kind, which is there because its line or its file is.
"""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from readme import LIST, PAGES, lists, rewritten
from typer.testing import CliRunner

import reports
import runners
import search_spaces
from cli import app
from runners import load_runner, optuna
from runners._commands.names import names_of_all
from runners._race.pruners import PRUNERS
from runners._race.standing import never, pruner
from runners._search.engine import engine_of
from runners._search.options import SearchOptions
from search_spaces._backbones import BACKBONES
from search_spaces._operations import OPERATIONS
from xrays.errors import UserError
from xrays.labels import LABELS
from xrays.sources import source_names
from xrays.tasks import TASKS

TESTS = Path(__file__).parent


def help_of(command: str) -> str:
    """In one line."""
    done = CliRunner().invoke(app, [command, "--help"])
    assert done.exit_code == 0, done.output
    return " ".join(done.output.split())


def error_of(**options: str) -> str:
    with pytest.raises(UserError) as refused:
        engine_of(replace(SearchOptions("age", Path("data"), 1), **options))  # type: ignore[arg-type]
    return str(refused.value)


def collected_anew(name: str) -> ModuleType:
    """A module of tests as it is when it is collected now."""
    spec = importlib.util.spec_from_file_location(f"{name}_anew", TESTS / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def values_of(test: Callable[..., object]) -> list[object]:
    """What a test is run with."""
    marks: list[pytest.Mark] = test.pytestmark  # type: ignore[attr-defined]
    return [value for mark in marks if mark.name == "parametrize" for value in mark.args[1]]


def beside(monkeypatch: pytest.MonkeyPatch, package: ModuleType, folder: Path, text: str) -> None:
    """A file `other.py` with this text, as if it lay in the package."""
    (folder / "other.py").write_text(text)
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    monkeypatch.delitem(sys.modules, f"{package.__name__}.other", raising=False)


def manual() -> str:
    """README and all pages of docs/."""
    return "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


def test_the_manual_has_the_lists_of_the_tables() -> None:
    text = manual()
    assert text == rewritten(text), "a page is behind the tables: python tests/readme.py writes its lists anew"
    assert {found["name"] for found in LIST.finditer(text)} == set(lists())


@pytest.mark.parametrize(
    "command", [command.name or command.callback.__name__ for command in app.registered_commands]
)
def test_nothing_in_a_help_is_left_to_fill_in(command: str) -> None:
    text = help_of(command)
    assert not [name for name in names_of_all() if f"{{{name}}}" in text]


def names_written_down(tree: ast.AST, tables: Mapping[str, set[str]]) -> list[tuple[int, str]]:
    """(line, table) where all names of a table stand beside each other, in a literal or a text. Two of them may do so
    among others, as columns of a film's labels do, or as keys: then only a list of just these counts."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            held = set(re.findall(r"\w+", node.value)) - {"or", "and"} if isinstance(node.value, str) else set()
        else:
            held = {part.value for part in ast.iter_child_nodes(node) if isinstance(part, ast.Constant)}
        for table, names in tables.items():
            few = len(names) == 2
            if len(names) > 1 and (held == names and not isinstance(node, ast.Dict) if few else names <= held):
                found.append((node.lineno, table))  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ('["a", "b"]', [1]),
        ('said = "a or b"', [1]),
        ('{"a": 1, "b": 2}', []),
        ('["a", "b", "others"]', []),
        ('"a film has a and b"', []),
        ('{"x": 1, "y": 2, "z": 3, "others": 4}', [1]),
        ('one = ["x", "y"]\n("x", "y", "z")', [2]),
    ],
)
def test_what_counts_as_a_list_of_names(text: str, lines: list[int]) -> None:
    tables = {"two": {"a", "b"}, "three": {"x", "y", "z"}, "one": {"alone"}}
    assert [line for line, _ in names_written_down(ast.parse(text), tables)] == lines


def test_no_test_writes_down_what_a_table_holds() -> None:
    """Such a test would not see the next one."""
    tables: dict[str, set[str]] = {
        **{f"samplers of {name}": set(load_runner(name).SAMPLERS) for name in runners.runner_names()},
        "runners": set(runners.runner_names()),
        "pruners": set(PRUNERS),
        "backbones": set(BACKBONES),
        "operations": set(OPERATIONS),
        "sections": set(reports.sections()),
        "spaces": set(search_spaces.space_names()),
        "tasks": set(TASKS),
        "labels": set(LABELS),
        "sources": set(source_names()),
    }
    found = []
    for file in sorted([*TESTS.glob("*.py"), *(TESTS.parent / "benchmarks").glob("*.py")]):
        lines = names_written_down(ast.parse(file.read_text()), tables)
        found += [f"{file.name}:{line}: {table}" for line, table in lines]
    assert not found


def test_a_sampler_is_listed_by_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    other = optuna.OptunaSampler("as another one", optuna._random)
    monkeypatch.setattr(optuna, "SAMPLERS", {**optuna.SAMPLERS, "other": other})
    *_, last, _ = optuna.SAMPLERS
    assert f"{last}, other; " in help_of("search")
    assert f"{last} or other or " in error_of(sampler="unheard")
    assert "| `other` | as another one | no |" in rewritten(manual())
    assert ("optuna", "other") in collected_anew("test_runners").PAIRS
    assert ("optuna", "other") in [param.values for param in collected_anew("test_small_spaces").SAMPLERS]


def test_a_pruner_is_listed_by_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    *_, last = PRUNERS
    monkeypatch.setitem(PRUNERS, "other", pruner("now and then", never))  # type: ignore[arg-type]
    assert f"{last}, other." in help_of("search") and ", other." in help_of("replay")
    assert f"{last} or other" in error_of(pruner="unheard")
    assert "| `other` | now and then |" in rewritten(manual())
    assert "other" in values_of(collected_anew("test_pruners").test_after_the_last_epoch_there_is_nothing_to_save)


def test_a_space_is_listed_by_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = Path(search_spaces.__path__[0], "cnn.py").read_text()
    beside(monkeypatch, search_spaces, tmp_path, text.replace('"cnn"', '"other"').replace("Custom CNN", "Another"))
    assert f"{', '.join(search_spaces.space_names())}; see" in help_of("search")
    assert " or other or " in error_of(space="unheard")
    assert "`other` (Another)" in rewritten(manual())
    assert "other" in [space.name for space in collected_anew("test_spaces").SPACES]


def test_a_runner_is_listed_by_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    beside(monkeypatch, runners, tmp_path, Path(runners.__path__[0], "grid.py").read_text())
    assert f"{', '.join(runners.runner_names())}." in help_of("search")
    assert " or other" in error_of(runner="unheard")
    assert "| `other` | `grid` |" in rewritten(manual())
    assert ("other", "grid") in collected_anew("test_runners").PAIRS


def test_a_section_is_listed_by_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    beside(monkeypatch, reports, tmp_path, Path(reports.__path__[0], "curves.py").read_text())
    assert "other" in reports.sections()


def test_a_backbone_is_listed_by_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    row = replace(BACKBONES["mobilenetv2"], name="other", application="Other")
    monkeypatch.setitem(BACKBONES, "other", row)  # type: ignore[arg-type]
    assert ", Other<!-- end -->" in rewritten(manual())
    assert "other" in [param.values[0] for param in collected_anew("test_backbones").EACH]


def test_a_task_is_listed_by_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    *_, last = TASKS
    monkeypatch.setitem(TASKS, "other", replace(TASKS["age"], name="other"))
    assert f"{last} or other." in help_of("search")
    assert f"{last} or other" in error_of(task="unheard")
    assert "or `other`" in rewritten(manual())
