"""What lives on a node of a Ray cluster: an actor that starts a worker process there and passes messages on.

    actor = ray.remote(max_concurrency=THREADS)(Relay).remote(start, memory)
    ray.get(actor.receive.remote(5.0))          # NodeReply, or None after 5 s; meanwhile actor.send.remote(message)

The actor itself neither trains nor loads a backend. So it answers whatever the worker is busy with, which tells a
node that is lost from one that is slow; and it tells how a worker ended that was killed or ran out of memory.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import TracebackType
from typing import Any, Protocol

from runners._ray.films import Fingerprints, localize, missing_inputs
from runners._workers.memory import resident
from runners._workers.messages import Job, Ready, Reply, Setup, Verdict
from runners._workers.protocol import Died, Workers

# One waits for what the worker says, one passes on what it is told; it may have to wait for one that fetches films.
THREADS = 3


@dataclass(frozen=True)
class NodeReply:
    """What the worker said; size: bytes of memory that it takes now."""

    reply: Reply | Died
    size: int = 0


class NodeWorkers(Workers, Protocol):
    """Workers of this machine, of which a relay has one."""

    @property
    def pids(self) -> list[int]:
        """Of its processes, for their size."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class StartWorkers(Protocol):
    """Starts workers of this machine: LocalWorkers with what does their jobs."""

    def __call__(self, setup: Setup, count: int, memory: float) -> NodeWorkers: ...


class Relay:
    """A class because Ray's actors are made of classes."""

    def __init__(self, start: StartWorkers, memory: float) -> None:
        self._start_workers, self._memory = start, memory
        self._host = socket.gethostname()
        self._begun = threading.Event()
        self._workers: NodeWorkers | None = None
        self._failed = Died("")

    def missing(self, setup: Setup, fingerprints: Fingerprints) -> tuple[str, list[str]]:
        """(name of this node, what has to be sent to it)."""
        return self._host, missing_inputs(setup, fingerprints)

    def begin(self, setup: Setup, fingerprints: Fingerprints, shipments: Mapping[str, Any]) -> None:
        """Starts the worker. shipments: references to what this node lacks, in the object store."""
        import ray

        get: Any = ray.get
        fetch = {name: partial(get, reference) for name, reference in shipments.items()}
        try:
            self._workers = self._start_workers(localize(setup, fingerprints, fetch), 1, self._memory)
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"[:300]
            self._failed = Died(f"{reason} (on {self._host})", begun=False)
        self._begun.set()

    def send(self, message: Job | Verdict) -> None:
        """Passes it on as soon as there is a worker; to one that could not be started nothing."""
        self._begun.wait()
        if self._workers:
            self._workers.send(0, message)

    def receive(self, timeout: float) -> NodeReply | None:
        """What the worker says next, or None when that takes longer than `timeout` seconds."""
        if not self._begun.wait(timeout):
            return None
        if self._workers is None:
            return NodeReply(self._failed)
        return next((self._heard(reply) for _, reply in self._workers.receive(timeout)), None)

    def close(self, at_once: bool) -> None:
        """Ends the worker. What serves later searches stays on the node, see runners._ray.films."""
        if self._workers:
            self._workers.__exit__(KeyboardInterrupt if at_once else None, None, None)

    def _heard(self, reply: Reply | Died) -> NodeReply:
        assert self._workers is not None
        match reply:
            case Died():
                return NodeReply(replace(reply, reason=f"{reply.reason} (on {self._host})"))
            case Ready():
                reply = Ready(f"{reply.device} on {self._host}")
        return NodeReply(reply, sum(map(resident, self._workers.pids)))
