"""One slot of a Ray cluster: an actor, what it was asked last, and what it is busy with.

slot = Slot(actor, setup, fingerprints)     # asks first what its node lacks, which it answers when it has one
slot.settle(answer, shipments)              # has a place: starts the worker there, and what was sent is passed on
reply = slot.hear(ray.get(slot.answer))     # afterwards it is asked for what the worker says
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from runners._ray.films import Fingerprints
from runners._ray.relay import NodeReply
from runners._workers.messages import Busy, Epoch, Job, Ready, Reply, Setup, Verdict
from runners._workers.protocol import Died

BEAT = 5.0  # seconds after which an actor answers though its worker has said nothing
LEAVING = 5.0  # seconds for actors to end their workers


class Slot:
    """A class because it is the driver's side of an actor.

    answer: reference to what the actor was asked for last, None when it is gone; asked: when; host: the node, ""
    while it waits for one; job: sent and not finished; ready: what the worker said; announced: whether
    the user knows that it waits for a place; size: bytes that it takes; unreported: a death that the driver has not
    heard of.
    """

    def __init__(self, actor: Any, setup: Setup, fingerprints: Fingerprints) -> None:
        self.actor, self._setup, self._fingerprints = actor, setup, fingerprints
        self.answer: Any = actor.missing.remote(setup, fingerprints)
        self.asked = time.monotonic()
        self.host, self.announced, self.size = "", False, 0
        self.ready: Ready | None = None
        self.job: Job | None = None
        self.unreported: Died | None = None

    @property
    def idle(self) -> bool:
        """Whether its worker waits for a job."""
        return self.answer is not None and self.ready is not None and self.job is None

    @property
    def stuck(self) -> bool:
        """Whether it has a job and no place yet."""
        return self.answer is not None and self.job is not None and not self.host

    def send(self, message: Job | Verdict) -> None:
        """A job is kept until there is a place. Of a slot that is gone nobody hears."""
        if isinstance(message, Job):
            self.job = message
        if self.host and self.answer is not None:
            self.actor.send.remote(message)

    def settle(self, host: str, shipments: Mapping[str, Any]) -> None:
        """It has a place. shipments: references to what that node lacks."""
        self.host = host
        self.actor.begin.remote(self._setup, self._fingerprints, shipments)
        if self.job:
            self.send(self.job)
        self._listen()

    def hear(self, heard: NodeReply | None) -> Reply | Died | None:
        """What the driver is to know of an answer; the next one is asked for."""
        if heard is None:  # still busy
            self._listen()
            return None
        self.size = heard.size
        if isinstance(heard.reply, Died):
            dismiss([self])
            return heard.reply
        self._listen()
        if isinstance(heard.reply, Ready):
            self.ready = heard.reply
        elif not isinstance(heard.reply, Busy | Epoch):
            self.job = None
        return heard.reply

    def death(self, error: Exception) -> Died:
        """What an error of Ray's says of its actor. Ray tells it in many lines, one of which says why."""
        lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
        causes = [line.split(". ")[0] for line in lines if "because" in line and "creation task" not in line]
        cause = causes[0] if causes else lines[-1]
        if "unavailable" in cause:
            cause = "the worker cannot be reached any more"
        memory = "running low on memory" in str(error)
        return Died(f"{cause[:300]} (on {self.host or 'a node'})", "out of memory" if memory else "killed")

    def _listen(self) -> None:
        self.answer = self.actor.receive.remote(BEAT)
        self.asked = time.monotonic()


def dismiss(slots: Sequence[Slot], *, at_once: bool = True, wait: float = LEAVING) -> None:
    """Ends actors with their workers. wait: seconds at most, since their nodes may be lost."""
    import ray

    alive = [slot for slot in slots if slot.answer is not None]
    leaving = [slot.actor.close.remote(at_once) for slot in alive if slot.host]
    if leaving:
        ray.wait(leaving, num_returns=len(leaving), timeout=wait)
    for slot in alive:
        ray.kill(slot.actor)
        slot.answer = None
