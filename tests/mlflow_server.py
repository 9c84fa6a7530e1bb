"""A real MLflow server for tests: the application that `mlflow server` serves, on SQLite, in a process of its own.

with mlflow_server(tmp_path) as uri: …

Its own command takes twice as long to start, and further packages (gunicorn or aiohttp) for what a test asks of it.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SERVE = """
import sys
from mlflow.server import app
from werkzeug.serving import run_simple
run_simple("127.0.0.1", int(sys.argv[1]), app, threaded=True)
"""
PATIENCE = 120.0  # seconds, also where all cores have something else to do


@contextmanager
def mlflow_server(folder: Path) -> Iterator[str]:
    """Its address. folder: where it keeps runs and files."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    places = {
        "_MLFLOW_SERVER_FILE_STORE": f"sqlite:///{folder / 'runs.db'}",
        "_MLFLOW_SERVER_ARTIFACT_ROOT": "mlflow-artifacts:/",
        "_MLFLOW_SERVER_ARTIFACT_DESTINATION": str(folder / "files"),
        "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    command = [sys.executable, "-c", SERVE, str(port)]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, env={**os.environ, **places}, stdout=log, stderr=log)
        try:
            uri = f"http://127.0.0.1:{port}"
            _wait(server, uri)
            yield uri
        finally:
            server.kill()
            server.wait()


def _wait(server: subprocess.Popen[bytes], uri: str) -> None:
    """Until it has made its tables, for which it waits until somebody asks for something."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends and server.poll() is None:
        try:
            urllib.request.urlopen(f"{uri}/api/2.0/mlflow/experiments/get?experiment_id=0", timeout=PATIENCE).close()
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"no MLflow server at {uri}")
