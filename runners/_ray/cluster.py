"""The connection to a Ray cluster, or one of this machine alone for the time of a search.

    with connected("local"):                    # or HOST:PORT, ray://HOST:PORT, auto
        places(cpus=2, gpus=0)                  # how many workers of that size there is room for

Ray is kept quiet: the screen is the driver's, and no statistics are sent anywhere.
"""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import Any

from xrays.cores import usable_cores
from xrays.errors import UserError
from xrays.extras import with_extra

ROOT = Path(__file__).parents[2]
PACKAGES = ("xrays", "search_spaces", "trials", "runners")  # what a worker runs
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # as of Ray 2.60; before it warns that it will be
    # What goes wrong on the nodes comes as an answer, or as a worker's death.
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",
    "RAY_IGNORE_UNHANDLED_ERRORS": "1",
}
# Under `uv run` Ray would send the working directory, patients' films included, to every node.
UV_HOOK = "RAY_ENABLE_UV_RUN_RUNTIME_ENV"
STORE = 2 * 10**8  # bytes of shared memory of a local cluster, in which no films need to be shipped
CONNECT_TIMEOUT = 10.0  # seconds for a cluster to answer; Ray itself would try for minutes


@contextmanager
def connected(address: str) -> Iterator[None]:
    """A cluster's workers get this code from the driver; the libraries must be there. Raises UserError when there is
    no such cluster, or Ray is not installed."""
    for name, value in QUIET.items():  # before Ray is imported
        os.environ.setdefault(name, value)
    os.environ[UV_HOOK] = "0"
    try:
        import ray
    except ImportError:
        raise UserError(
            f"--ray {address}: Ray is not installed",
            "an installation with Ray",
            with_extra("ray"),
        ) from None
    before, level = signal.getsignal(signal.SIGTERM), logging.getLogger("ray").level
    logging.getLogger("ray").setLevel(logging.ERROR)
    try:
        with _folder() if address == "local" else nullcontext("") as folder:
            try:
                if folder:
                    _start(folder)
                else:
                    _connect(address)
                signal.signal(signal.SIGTERM, before)
                yield
            finally:
                ray.shutdown()
    finally:
        logging.getLogger("ray").setLevel(level)


def places(cpus: float, gpus: float) -> int:
    """How many workers with these shares the nodes have room for, when nothing else runs on them."""
    resources = [node["Resources"] for node in _ray().nodes() if node["Alive"]]
    wanted = {name: share for name, share in (("CPU", cpus), ("GPU", gpus)) if share}
    return sum(min(int(node.get(name, 0) / share + 1e-6) for name, share in wanted.items()) for node in resources)


def has_gpus() -> bool:
    """Whether a node of the connected cluster has one."""
    return bool(_ray().cluster_resources().get("GPU", 0) >= 1)


def _folder() -> AbstractContextManager[str]:
    """Of a local cluster. Sockets, whose names must be short, come to lie in it."""
    return tempfile.TemporaryDirectory(prefix="cxr-automl-", dir="/tmp", ignore_cleanup_errors=True)


def _start(folder: str) -> None:
    """A cluster of this machine alone, in a folder of its own. Whoever shares the machine cannot use it: Ray asks for
    a token, which would otherwise be written to the user's home."""
    import ray

    os.environ.setdefault("RAY_AUTH_TOKEN", _token())
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    ray.init(
        address="local",
        num_cpus=usable_cores(),
        include_dashboard=False,
        object_store_memory=STORE,
        runtime_env={"env_vars": {"PYTHONPATH": path}},
        _temp_dir=folder,
        **_silent(),
    )


def _connect(address: str) -> None:
    import ray

    if address != "auto":
        host, _, port = address.removeprefix("ray://").rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), CONNECT_TIMEOUT).close()
        except (OSError, ValueError) as error:
            raise _unusable(address, str(error)) from None
    modules = [str(ROOT / package) for package in PACKAGES]
    try:
        ray.init(address=address, runtime_env={"py_modules": modules}, **_silent())
    except (ConnectionError, RuntimeError, ray.exceptions.RayError) as error:
        raise _unusable(address, next(iter(str(error).strip().splitlines()), type(error).__name__)) from error


def _ray() -> Any:
    """The library, parts of which have no types."""
    import ray

    return ray


def _silent() -> dict[str, Any]:
    return {"log_to_driver": False, "configure_logging": False, "logging_level": logging.ERROR}


@cache
def _token() -> str:
    """One a process: Ray remembers the first that it sees."""
    return secrets.token_hex(32)


def _unusable(address: str, reason: str) -> UserError:
    return UserError(
        f"--ray {address}: {reason}",
        "HOST:PORT of a cluster with the same Ray and Python, auto on one of its nodes, or local",
        "--ray local, or on the first machine: ray start --head",
    )
