"""A run in optuna-dashboard, on a study that is made from the run folder for as long as it is looked at.

serve("age-nih64-cnn-…", Path("runs"), port=8080)          # until Ctrl-C
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

from trials.store import run_named
from trials.study import study_of
from xrays.errors import UserError
from xrays.extras import with_extra
from xrays.next_command import command


def serve(name: str, runs: Path, port: int, say: Callable[[str], None] = print) -> None:
    """name: of a run, or its folder. Serves on this machine only, until Ctrl-C. Raises UserError for a port that
    cannot be had, and where optuna-dashboard is not installed."""
    again = command("dashboard", name, port=8080, runs=runs)
    if not 1 <= port <= 65535:
        raise UserError(f"--port {port}", "1 to 65535", again)
    store = run_named(name, runs)
    try:
        from optuna_dashboard import run_server
    except ImportError:
        raise UserError(
            "optuna-dashboard is not installed", "the extra `dashboard`", with_extra("dashboard")
        ) from None
    _check_free(port, command("dashboard", name, port=port + 1 if port < 65535 else 8080, runs=runs))
    from optuna.storages import InMemoryStorage

    storage = InMemoryStorage()
    study = study_of(store, storage)
    say(f"{len(study.trials)} trials of {store.path.name} at http://127.0.0.1:{port}/ (Ctrl-C ends it)")
    run_server(storage, host="127.0.0.1", port=port)


def _check_free(port: int, again: str) -> None:
    """Raises UserError for a port that another program has, or that this user may not have."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
        except OSError as error:
            raise UserError(f"--port {port} cannot be had: {error.strerror}", "a port that is free", again) from None
