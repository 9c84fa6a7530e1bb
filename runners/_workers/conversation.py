"""Jobs sent to workers and waited for, outside of a search: epochs are answered on the way, progress is shown.

    with LocalWorkers(setup, make=training) as workers:
        done = ask(workers, Refit(best, target), Refitted, failed="refitting failed", watch=bar)
        for job, reply in answers(workers, jobs): …         # of many jobs, on all slots

A search and an ablation, whose trials outlive a worker, have a crew (crew.py). Here a job whose worker dies has
failed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from runners._workers.messages import Busy, Epoch, Job, Raised, Ready, Reply, Verdict
from runners._workers.protocol import Died, Workers, full_reason

T = TypeVar("T")
Progress = Ready | Busy | Epoch
Watch = Callable[[Progress], None]
TICK = 1.0  # seconds: no reply is waited for longer at a time, since workers are looked after in between


class JobFailed(RuntimeError):
    """A job came to nothing. reply: how; the text says it in full, with the traceback or the worker's last lines."""

    def __init__(self, failed: str, reply: Raised | Died) -> None:
        super().__init__(f"{failed}: {full_reason(reply)}")
        self.reply = reply


def ask(
    workers: Workers,
    job: Job,
    kind: type[T],
    *,
    failed: str,
    go: Callable[[Epoch], bool] = lambda epoch: True,
    watch: Watch = lambda progress: None,
) -> T:
    """The reply to one job, which is of this kind. failed: the first words of the error; go: whether to go on after
    an epoch; watch: is given what comes before. Raises JobFailed, and TypeError for a reply of another kind."""
    for _, reply in answers(workers, [job], go=go, watch=watch):
        if isinstance(reply, kind):
            return reply
        if isinstance(reply, Raised | Died):
            raise JobFailed(failed, reply)
        raise TypeError(f"{type(job).__name__} was answered with {type(reply).__name__}, not {kind.__name__}")
    raise AssertionError("every job is answered")


def answers(
    workers: Workers,
    jobs: Iterable[Job],
    *,
    go: Callable[[Epoch], bool] = lambda epoch: True,
    watch: Watch = lambda progress: None,
    late: Callable[[], bool] = lambda: False,
) -> Iterator[tuple[Job, Reply | Died]]:
    """Each job with its last reply, as they come; every slot has one as long as there are any. Where a worker has
    died or has grown too large the next job is a fresh one's. go, watch: as of `ask`; late: asked every TICK, whether
    nothing more is waited for. Raises TimeoutError when it is."""
    waiting, running = deque(jobs), dict[int, Job]()
    while waiting or running:
        if late():
            raise TimeoutError
        for slot in workers.slots:
            if waiting and slot not in running:
                workers.refresh(slot)
                running[slot] = waiting.popleft()
                workers.send(slot, running[slot])
        for slot, reply in workers.receive(TICK):
            match reply:
                case Epoch():
                    watch(reply)
                    workers.send(slot, Verdict(go(reply)))
                case Ready() | Busy():
                    watch(reply)
                case _ if slot in running:  # or an idle one has died, and no job is left for another
                    yield running.pop(slot), reply
