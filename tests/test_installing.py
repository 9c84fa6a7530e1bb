"""What the two installers that the README names make of the bounds in pyproject.toml: the same versions."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DECIDING = ("tensorflow", "keras", "h5py")  # what decides what a model file is


@pytest.mark.long
def test_uv_and_pip_install_the_same(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, project)

    def called(*words: object) -> None:
        done = subprocess.run(list(map(str, words)), cwd=project, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"no packages can be had here: {done.stderr.strip().splitlines()[-1:]}")

    pip, report = (sys.executable, "-m", "pip", "install", "-q"), tmp_path / "report.json"
    called(*pip, "--no-compile", "--target", tmp_path / "uv", "uv")
    called(*pip, "--dry-run", "--ignore-installed", "--report", report, *_dependencies())
    called(tmp_path / "uv/bin/uv", "lock", "-q", "--python", sys.executable)
    by_pip = {
        item["metadata"]["name"]: item["metadata"]["version"] for item in json.loads(report.read_text())["install"]
    }
    packages = tomllib.loads((project / "uv.lock").read_text())["package"]
    by_uv = {package["name"]: package["version"] for package in packages}
    assert {name: by_uv[name] for name in DECIDING} == {name: by_pip[name] for name in DECIDING}


def _dependencies() -> list[str]:
    found: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    return found
