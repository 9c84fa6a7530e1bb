"""What Keras computes with: for a new search as the environment says, for whatever trains again as its run did.

backend_of_keras()                     # "tensorflow", without loading it
check_backend("jax", "the run age-…")  # UserError where it is not installed
environment("jax")                     # for a process that is to compute with it
"""

from __future__ import annotations

import json
import os
from importlib.util import find_spec
from pathlib import Path

from xrays.errors import UserError

BACKENDS = ("tensorflow", "jax", "torch")
VARIABLE = "KERAS_BACKEND"


def backend_of_keras() -> str:
    """The backend that Keras will take here, without loading it: of its variable, else of its configuration file."""
    if VARIABLE in os.environ:
        return os.environ[VARIABLE]
    home = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))
    try:
        return str(json.loads((home / "keras.json").read_text())["backend"])
    except (OSError, ValueError, KeyError, TypeError):
        return BACKENDS[0]


def environment(backend: str) -> dict[str, str]:
    """This process's, for another one that computes with `backend`, whatever is set here."""
    return {**os.environ, VARIABLE: backend}


def check_backend(backend: str, whose: str) -> None:
    """Raises UserError for one that Keras does not know or that is not installed: another one gives other numbers,
    and a record that names this one would be wrong."""
    if backend not in BACKENDS or find_spec(backend) is None:
        here = [name for name in BACKENDS if find_spec(name) is not None]
        known = backend in BACKENDS
        raise UserError(
            f"{whose} computes with {backend}, which {'is not installed here' if known else 'no Keras trains with'}",
            f"the backend that it is recorded with; installed: {', '.join(here) or 'none'}",
            f"pip install {backend if known else BACKENDS[0]}, or a search of its own with another one: "
            f"{VARIABLE}={here[0] if here else BACKENDS[0]} python cli.py search …",
        )
