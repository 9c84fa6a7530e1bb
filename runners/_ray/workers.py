"""Workers on a Ray cluster: slots are actors wherever there is room, and speak the messages of local workers.

    with RayWorkers(setup, count=4, address="head:6379", cpus=2, start=start) as workers:
        workers.send(0, Train(trial, fold=0))
        for slot, reply in workers.receive(timeout=0.5): …     # a reply, or Died

Ray places and ships, nothing else: what is trained, judged and written is the driver's affair, as with local workers.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from runners._ray.cluster import connected, has_gpus, places
from runners._ray.films import fingerprints_of, input_files
from runners._ray.relay import THREADS, Relay, StartWorkers
from runners._ray.slot import Slot, dismiss
from runners._workers.local import REPLACEMENT_SHARE
from runners._workers.messages import Busy, Job, Preemption, Ready, Reply, Setup, Verdict
from runners._workers.protocol import Died
from xrays.cores import usable_cores
from xrays.errors import UserError

SILENCE = 30.0  # seconds without a word after which a node is taken for lost; a relay speaks every few
ROOM = 10.0  # seconds without a place after which the user is told


def room(address: str, cpus: float | None, gpus: float | None) -> int:
    """How many workers there are where no number is given. See RayWorkers."""
    with connected(address):
        return places(*_share(None, address, cpus, gpus))


class RayWorkers:
    """Actors of a cluster. A class because it owns the connection and actors that must end with it."""

    def __init__(
        self,
        setup: Setup,
        count: int | None,
        address: str,
        *,
        cpus: float | None = None,
        gpus: float | None = None,
        memory: float = math.inf,
        start: StartWorkers,
    ) -> None:
        """count: None for as many as there is room for. address: `local`, or see runners._ray.cluster. cpus, gpus: a
        worker's share, parts of one allowed; None for one core, or of this machine's an equal share, and for one GPU
        where the cluster has any. memory: bytes that a worker may take. start: what runs a worker on its node.
        Raises UserError."""
        with ExitStack() as stack:
            stack.enter_context(connected(address))
            self._share = _share(count, address, cpus, gpus)
            self._memory, self._start_workers = memory, start
            room = places(*self._share)
            # A cluster that grows on demand may have no room yet.
            if not room and (count is None or address == "local"):
                raise UserError(
                    f"--ray {address} has no room for a worker with {self._size}",
                    "a share that one of its nodes has",
                    "a smaller share, or with --workers 2 the search waits for nodes that come on demand",
                )
            self._setup = replace(setup, threads=max(1, int(self._share[0])))
            self._fingerprints, self._shipments = fingerprints_of(setup), dict[str, Any]()
            self._slots = {slot: self._start() for slot in range(count or room)}
            self._stack = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._stack:
            dismiss(list(self._slots.values()), at_once=bool(kind))

    @property
    def slots(self) -> Sequence[int]:
        """As many as were asked for, whether they have a place yet or not."""
        return list(self._slots)

    def send(self, slot: int, message: Job | Verdict) -> None:
        """A job whose slot waits for a place is kept until there is one."""
        self._slots[slot].send(message)

    def receive(self, timeout: float) -> list[tuple[int, Reply | Died]]:
        """Whatever came within `timeout` seconds, at most one message a slot."""
        end = time.monotonic() + timeout
        heard: list[tuple[int, Reply | Died]] = [*self._shared_places(), *self._deaths()]
        while not heard:
            left = max(0.0, end - time.monotonic())
            heard = [*self._answers(left), *self._deaths()]
            if not left:
                break
        return heard

    def replace(self, slot: int) -> None:
        """A fresh actor in the place of one that died or is to go, wherever there is room: Ready may take long."""
        dismiss([self._slots[slot]])
        self._slots[slot] = self._start()

    def refresh(self, slot: int) -> bool:
        """Between trials: a fresh worker where the old one is gone, or may soon be too large. Whether it is one."""
        old = self._slots[slot]
        stale = old.answer is None or old.size > REPLACEMENT_SHARE * self._memory
        if stale:
            self.replace(slot)
        return stale

    def end(self, slot: int) -> None:
        """Ends the worker at once; `receive` tells of its death."""
        dismiss([self._slots[slot]])
        self._slots[slot].unreported = Died("the worker was ended")

    @property
    def _size(self) -> str:
        cpus, gpus = self._share
        return f"{cpus:g} CPU" + (f" and {gpus:g} GPU" if gpus else "")

    def _start(self) -> Slot:
        import ray

        cpus, gpus = self._share
        # Without GPUs Ray would let it see all that the node has.
        environment = {} if gpus else {"CUDA_VISIBLE_DEVICES": ""}
        remote: Any = ray.remote
        actors = remote(max_concurrency=THREADS, num_cpus=cpus, num_gpus=gpus, max_restarts=0)(Relay)
        actor = actors.options(runtime_env={"env_vars": environment}).remote(self._start_workers, self._memory)
        return Slot(actor, self._setup, self._fingerprints)

    def _shared_places(self) -> Iterator[tuple[int, Ready | Preemption]]:
        """A job that waits for a place gets that of a slot which has nothing to do. Else its trial would never end
        when a node is lost for good."""
        idle = [number for number, slot in self._slots.items() if slot.idle]
        stuck = [number for number, slot in self._slots.items() if slot.stuck]
        for free, waiting in zip(idle, stuck, strict=False):
            giving, getting = self._slots[free], self._slots[waiting]
            assert getting.job and giving.ready
            giving.send(getting.job)
            getting.job = None
            self._slots[free], self._slots[waiting] = getting, giving
            yield waiting, giving.ready
            yield free, Preemption()

    def _deaths(self) -> Iterator[tuple[int, Died]]:
        for number, slot in self._slots.items():
            if slot.unreported:
                yield number, slot.unreported
                slot.unreported = None

    def _answers(self, timeout: float) -> Iterator[tuple[int, Reply | Died]]:
        import ray

        asked = {slot.answer: number for number, slot in self._slots.items() if slot.answer is not None}
        if not asked:
            time.sleep(timeout)
            return
        ray.wait(list(asked), timeout=timeout)  # for one of them; then whatever else is there
        answered, silent = ray.wait(list(asked), num_returns=len(asked), timeout=0)
        for reference in answered:
            slot = self._slots[asked[reference]]
            try:
                reply = self._heard(slot, ray.get(reference, timeout=SILENCE))
            except ray.exceptions.RayError as error:
                dismiss([slot], wait=0)
                reply = slot.death(error)
            if reply:
                yield asked[reference], reply
        for reference in silent:
            slot, seconds = self._slots[asked[reference]], time.monotonic() - self._slots[asked[reference]].asked
            if slot.host and seconds > SILENCE:
                dismiss([slot], wait=0)
                slot.unreported = Died(f"nothing was heard from {slot.host} for {seconds:.0f} s")
            elif slot.stuck and not slot.announced and seconds > ROOM:
                slot.announced = True
                yield asked[reference], self._room()

    def _heard(self, slot: Slot, answer: Any) -> Reply | Died | None:
        if slot.host:
            return slot.hear(answer)
        host, lacking = answer
        for name in lacking:
            if name not in self._shipments:  # in the object store once, from where each node fetches it once
                self._shipments[name] = self._shipped(name)
        slot.settle(host, {name: self._shipments[name] for name in lacking})
        return self._room() if slot.announced else None

    def _shipped(self, name: str) -> Any:
        import ray

        return ray.put(input_files(self._setup, name))

    def _room(self) -> Busy:
        placed = sum(bool(slot.host) for slot in self._slots.values())
        return Busy(f"workers for which the cluster has room ({self._size} each)", placed, len(self._slots))


def _share(count: int | None, address: str, cpus: float | None, gpus: float | None) -> tuple[float, float]:
    """CPUs and GPUs of a worker on the connected cluster."""
    if cpus is None:
        cpus = math.floor(100 * usable_cores() / count) / 100 if count and address == "local" else 1.0
    return cpus, float(has_gpus()) if gpus is None else gpus
