"""Jobs sent to workers and waited for, outside of a search: epochs are answered on the way, progress is shown.

    with LocalWorkers(setup, make=training) as workers:
        done = ask(workers, Refit(best, target), Refitted, failed="refitting failed", watch=bar)
        for job, reply in answers(workers, jobs): …         # of many jobs, on all slots

A search and an ablation, whose trials outlive a worker, have a crew (crew.py). Here a job whose worker dies has
failed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from runners._workers.messages import Busy, Epoch, Job, Raised, Ready, Reply, Verdict
from runners._workers.protocol import Died, Workers, full_reason

T = TypeVar("T")
J = TypeVar("J", bound=Job)
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
    for _, reply in ask_all(workers, [job], kind, failed=failed, go=go, watch=watch):
        return reply
    raise AssertionError("every job is answered")


def ask_all(
    workers: Workers,
    jobs: Iterable[J],
    kind: type[T],
    *,
    failed: str,
    go: Callable[[Epoch], bool] = lambda epoch: True,
    watch: Watch = lambda progress: None,
) -> Iterator[tuple[J, T]]:
    """The same of many jobs, in the order in which they are done. The first that fails ends it."""
    for job, reply in answers(workers, jobs, go=go, watch=watch):
        if isinstance(reply, Raised | Died):
            raise JobFailed(failed, reply)
        if not isinstance(reply, kind):
            raise TypeError(f"{type(job).__name__} was answered with {type(reply).__name__}, not {kind.__name__}")
        yield job, reply


def answers(
    workers: Workers,
    jobs: Iterable[J],
    *,
    go: Callable[[Epoch], bool] = lambda epoch: True,
    watch: Watch = lambda progress: None,
    late: Callable[[], bool] = lambda: False,
) -> Iterator[tuple[J, Reply | Died]]:
    """Each job with its last reply, as they come; every slot has one as long as there are any, and a job is made when
    a slot takes it. Where a worker has died or has grown too large the next job is a fresh one's. go, watch: as of
    `ask`; late: asked every TICK, whether nothing more is waited for. Raises TimeoutError when it is."""
    coming, running, more = iter(jobs), dict[int, J](), True
    while True:
        if late():
            raise TimeoutError
        for slot in workers.slots:
            if more and slot not in running:
                job = next(coming, None)
                if job is None:
                    more = False
                    break
                workers.refresh(slot)
                running[slot] = job
                workers.send(slot, job)
        if not more and not running:
            return
        for slot, reply in workers.receive(TICK):
            match reply:
                case Epoch():
                    watch(reply)
                    workers.send(slot, Verdict(go(reply)))
                case Ready() | Busy():
                    watch(reply)
                case _ if slot in running:  # or an idle one has died, and no job is left for another
                    yield running.pop(slot), reply
