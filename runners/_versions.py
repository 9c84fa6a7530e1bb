"""Which versions of Python and of what decides results run here, for whatever is kept of them.

versions()["keras"]          # "3.12.0"
"""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import version

PACKAGES = (
    "cxr-automl",
    "keras",
    "tensorflow",
    "optuna",
    "keras-tuner",
    "scipy",
    "numpy",
    "pandas",
    "opencv-python-headless",
    "scikit-learn",
)


def versions() -> dict[str, str]:
    """By name: `python`, and the packages as they are installed."""
    return dict(_installed())


@cache
def _installed() -> dict[str, str]:
    """Read once a process: it takes milliseconds, and a search is compared with every run beside it."""
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}
