"""The notebook's first cell where there is no project beside it: a Kaggle or Colab notebook, as far as folders,
environment and `google.colab` make one. `pip` and `uv` are stand-ins that write down what they were asked for; what
they would install is what runs this test."""

from __future__ import annotations

import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from cli_process import CLI
from notebook import code_cells, run_cells

INSTALL = [cell for cell in code_cells(CLI.parent / "notebooks/spr.ipynb") if cell.id == "install"]
COLAB = {"UV_CONSTRAINT": "/backend-container/requirements.constraints", "UV_SYSTEM_PYTHON": "true"}
FILES = ("cli.py", "constraints.txt", "xrays/sources/spr.py")  # as much of the project as the cell looks at

UV = """#!/bin/bash
echo "$(basename "$0") $*" >> "$CALLS"
env | grep ^UV_ >> "$CALLS"
[ -z "$OFFLINE" ] || { echo "error: no route to the index" >&2; exit 2; }
case "$*" in pip*) ln -sfn "$PREFIX" "$VENV" ;; esac
"""


class Machine:
    """work: where the notebook lies. Its temporary folder, Kaggle's inputs and the stand-ins lie beside it."""

    def __init__(self, root: Path) -> None:
        self.work, self.tmp, self.inputs, self.calls = (root / name for name in ("work", "tmp", "input", "calls"))
        for folder in (self.work, self.tmp, self.inputs, root / "bin"):
            folder.mkdir()
        for name in ("pip", "uv"):
            (root / "bin" / name).write_text(UV)
            (root / "bin" / name).chmod(0o755)
        self.home = self.tmp / "cxr-automl"
        self.env = {
            "TMPDIR": str(self.tmp),
            "KAGGLE_CACHE_MOUNT_FOLDER": str(self.inputs),
            "PATH": f"{root / 'bin'}:/usr/bin:/bin",
            "CALLS": str(self.calls),
            "VENV": str(self.home / ".venv"),
            "PREFIX": sys.prefix,
            "OFFLINE": "",
        }

    def install(self, **env: str) -> str:
        """What the first cell says. Raises what it raises."""
        return run_cells(INSTALL, self.work, {}, go_on=True, **{**self.env, **env})["install"]

    def asked(self) -> list[str]:
        """What the stand-ins were asked for, since the last time."""
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        self.calls.unlink(missing_ok=True)
        return lines


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def project(folder: Path) -> None:
    """The project as links, so that its own version answers."""
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes((CLI.parent / name).read_bytes())


def archive(file: Path, folder: str = "") -> bytes:
    """A zip of the project, all of it in a folder of that name. Its bytes, too."""
    with zipfile.ZipFile(file, "w") as packed:
        for name in FILES:
            packed.write(CLI.parent / name, f"{folder}{name}")
    return file.read_bytes()


# Kaggle unpacks what is uploaded, and mounts it in one of two places.
GIVEN: dict[str, Callable[[Machine], object]] = {
    "a Kaggle data set": lambda machine: project(machine.inputs / "cxr-automl"),
    "one whose zip had a folder": lambda machine: project(machine.inputs / "suite/cxr-automl-main"),
    "one by its owner": lambda machine: project(machine.inputs / "datasets/teacher/cxr-automl/cxr-automl-main"),
    "one that stayed packed": lambda machine: archive(packed_in(machine.inputs / "suite")),
    "a file in Colab": lambda machine: archive(machine.work / "cxr-automl.zip"),
    "one of a code host, twice": lambda machine: archive(
        machine.work / "cxr-automl-main (1).zip", "cxr-automl-main/"
    ),
}


def packed_in(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder / "cxr-automl.zip"


@pytest.mark.parametrize("given", GIVEN.values(), ids=GIVEN)
def test_the_project_is_found_and_installed_beside_the_work(
    machine: Machine, given: Callable[[Machine], object]
) -> None:
    given(machine)
    said = machine.install()
    assert said.startswith("cxr-automl "), said
    home, venv = machine.home, machine.home / ".venv"
    assert machine.asked() == [
        "pip install --quiet uv",
        f"uv venv --quiet --allow-existing --python >=3.11,<3.14 {venv}",
        f"uv pip install --quiet --python {venv} --constraint {home}/constraints.txt --editable {home}",
    ]
    # Kaggle keeps what lies in the notebook's folder: not an environment of thousands of files.
    assert {file.name for file in machine.work.iterdir()} <= {"cli.py", *map(str, names(machine.work, "*.zip"))}
    assert (machine.work / "cli.py").resolve() == machine.home / "cli.py"
    machine.install()  # the cell again, or after a restart
    assert machine.asked() == []


def names(folder: Path, pattern: str) -> list[str]:
    return [file.name for file in folder.glob(pattern)]


def test_colabs_orders_for_its_own_environment_are_not_obeyed(machine: Machine) -> None:
    """With them `uv pip install` ends at a file that is not there (googlecolab/colabtools, issue 5237)."""
    project(machine.inputs / "cxr-automl")
    machine.install(**COLAB)
    assert not [line for line in machine.asked() if line.startswith("UV_")]


def test_colab_asks_for_the_file(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = archive(tmp_path / "chosen.zip", "cxr-automl/")
    chosen: dict[str, bytes] = {}
    files = ModuleType("google.colab.files")

    def upload() -> dict[str, bytes]:
        for name, data in chosen.items():
            Path(name).write_bytes(data)
        return chosen

    files.upload = upload  # type: ignore[attr-defined]
    colab = ModuleType("google.colab")
    colab.files = files  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "google.colab", colab)
    with pytest.raises(RuntimeError, match=r"Give it to this notebook as cxr-automl\.zip"):
        machine.install()  # nothing was chosen
    chosen["suite.zip"] = content  # whatever its name
    assert "Choose cxr-automl.zip:\ncxr-automl " in machine.install()


def test_nothing_to_install_says_what_to_give(machine: Machine) -> None:
    (machine.inputs / "spr/train").mkdir(parents=True)  # films alone
    with pytest.raises(RuntimeError, match="Kaggle: Add Input, Upload, New Dataset"):
        machine.install()
    assert not list(machine.work.iterdir()) and not machine.home.exists()


def test_a_file_that_is_something_else_is_not_the_project(machine: Machine) -> None:
    with zipfile.ZipFile(machine.work / "cxr-automl.zip", "w") as packed:
        packed.writestr("readme.txt", "films")
    with pytest.raises(RuntimeError, match="not here yet"):
        machine.install()
    archive(machine.work / "cxr-automl.zip")
    assert machine.install().startswith("cxr-automl ")


def test_without_internet_it_says_so_and_the_cell_can_be_run_again(machine: Machine) -> None:
    project(machine.inputs / "cxr-automl")
    with pytest.raises(RuntimeError, match="switch Internet on"):
        machine.install(OFFLINE="1")
    assert machine.install().startswith("cxr-automl ")


def test_a_session_whose_temporary_folder_is_gone_begins_anew(machine: Machine) -> None:
    project(machine.inputs / "cxr-automl")
    (machine.work / "cli.py").symlink_to(machine.home / "cli.py")
    assert machine.install().startswith("cxr-automl ")


def test_what_it_looks_for_is_in_an_archive_of_the_project() -> None:
    for name in (*FILES, "pyproject.toml"):
        assert (CLI.parent / name).is_file(), name
    assert os.access(Path(sys.prefix, "bin/cxr-automl"), os.X_OK), "how the cell knows what is installed"
