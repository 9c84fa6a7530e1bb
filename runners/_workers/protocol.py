"""What workers are to whoever sends them jobs: local processes, actors of a cluster, fakes of tests.

workers.send(0, Train(trial, fold=0))
for slot, reply in workers.receive(timeout=0.5): …     # a reply, or Died
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from runners._workers.messages import Job, Raised, Reply, Verdict
from trials.records import Failure


@dataclass(frozen=True)
class Died:
    """The worker is gone. reason: how it ended, in a line; failure: what kind of end it was; begun: False when it had
    not received the job that was sent to it last, which then is not to blame; log: the last lines that it wrote, and
    at a fatal signal where it was, "" where it was ended from here."""

    reason: str
    failure: Failure = "killed"
    begun: bool = True
    log: str = ""


def full_reason(reply: Raised | Died) -> str:
    """Why a job came to nothing, a line, and below it where: the traceback, or the last lines of who died."""
    more = reply.log if isinstance(reply, Died) else reply.traceback
    return "\n".join(filter(None, (reply.reason, more)))


class Workers(Protocol):
    """Slots with a worker each."""

    @property
    def slots(self) -> Sequence[int]:
        """Numbers of the slots."""

    def send(self, slot: int, message: Job | Verdict) -> None:
        """Of a worker that has died nothing is heard here: `receive` tells of the death."""

    def receive(self, timeout: float) -> list[tuple[int, Reply | Died]]:
        """What the workers say within `timeout` seconds, with their slots; at most one message a slot, and of a
        death once."""

    def replace(self, slot: int) -> None:
        """A fresh worker in the slot, whether the old one is gone or not."""

    def refresh(self, slot: int) -> bool:
        """Between trials: a fresh worker where the old one is gone, or so large that it may soon be too large.
        Whether it is one."""

    def end(self, slot: int) -> None:
        """Ends the worker at once; `receive` tells of its death."""
