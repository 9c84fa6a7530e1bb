"""Chromium as a person uses it: clicks, reloads, printing. Its DevTools messages go through two pipes, so nothing is
listened on and no library is needed.

with Browser(work) as browser:
    browser.renew()                         # a window of which nothing has been seen
    browser.open(page)
    browser.tell("document.title")          # the value of an expression; a promise is waited for
    browser.console, browser.requests       # what its pages have logged and thrown, and asked for beside themselves
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# Names lead nowhere: what the browser or a page asks for reaches nobody.
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND",
]


class PageLeft(AssertionError):
    """The page was left, or reloaded, before it had answered."""


class Browser:
    """One page at a time in one browser. Raises TimeoutError when an answer takes longer than `patience` seconds."""

    def __init__(self, work: Path, width: int = 1400, height: int = 900, patience: float = 90.0) -> None:
        assert CHROMIUM is not None
        self.size, self.profile = {"width": width, "height": height}, ""
        self.patience, self.number, self.events, self.left = patience, 0, list[dict[str, Any]](), b""
        self.console, self.requests, self.page = list[str](), list[str](), ""
        ours, theirs = os.pipe(), os.pipe()  # (read, write): what we write it reads as 3, what it writes as 4 we read
        command = [CHROMIUM, *FLAGS, "--remote-debugging-pipe", f"--user-data-dir={work / 'profile'}"]
        command += [f"--window-size={width},{height}", "about:blank"]
        # The shell gives the pipes the numbers that Chromium expects. A group of its own: no helper outlives it.
        join = f'exec "$@" 3<&{ours[0]} 4>&{theirs[1]}'
        self.process = subprocess.Popen(
            ["bash", "-c", join, "bash", *command],
            pass_fds=(ours[0], theirs[1]),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(ours[0])
        os.close(theirs[1])
        self.to, self.answers = ours[1], theirs[0]
        self.session = ""
        self.renew()

    def renew(self) -> None:
        """An empty window with storage of its own, in the place of the one before, of which nothing is left."""
        self.session = ""
        if self.profile:
            self.call("Target.disposeBrowserContext", browserContextId=self.profile)
        self.profile = self.call("Target.createBrowserContext")["browserContextId"]
        about: dict[str, Any] = {"url": "about:blank", "browserContextId": self.profile, **self.size}
        page = self.call("Target.createTarget", **about)["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        self.console.clear()
        self.requests.clear()
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.to)
        os.close(self.answers)

    def call(self, method: str, **params: object) -> dict[str, Any]:
        """A command and its result."""
        self.number += 1
        message: dict[str, object] = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + self.patience
        while (answer := self._next(end)).get("id") != self.number:
            self.events.append(answer)
        if "navigated" in str(answer.get("error", "")):
            raise PageLeft(answer)
        assert "error" not in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    def wait(self, event: str) -> None:
        """Until that event has come since the last call of `wait`."""
        end = time.monotonic() + self.patience
        while all(seen.get("method") != event for seen in self.events):
            self.events.append(self._next(end))
        self.events.clear()

    def open(self, page: Path) -> None:
        self.events.clear()
        self.page = page.as_uri()
        self.call("Page.navigate", url=self.page)
        self.wait("Page.loadEventFired")

    def tell(self, expression: str) -> Any:
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def until(self, expression: str) -> None:
        """Waits until the expression is true, also where the page reloads itself meanwhile."""
        end = time.monotonic() + self.patience
        while not self._holds(expression):
            if time.monotonic() > end:
                raise TimeoutError(expression)
            time.sleep(0.1)

    def _holds(self, expression: str) -> bool:
        try:
            return bool(self.tell(f"Boolean({expression})"))
        except PageLeft:
            return False

    def printed(self) -> bytes:
        """The page as a PDF file."""
        answer = self.call("Page.printToPDF", printBackground=False, preferCSSPageSize=True)
        return base64.b64decode(answer["data"])

    def _next(self, end: float) -> dict[str, Any]:
        while b"\0" not in self.left:
            ready, _, _ = select.select([self.answers], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise TimeoutError("Chromium does not answer")
            content = os.read(self.answers, 1 << 20)
            if not content:
                raise TimeoutError("Chromium has ended")
            self.left += content
        first, _, self.left = self.left.partition(b"\0")
        message: dict[str, Any] = json.loads(first)
        self._note(message)
        return message

    def _note(self, message: dict[str, Any]) -> None:
        params = message.get("params", {})
        if message.get("sessionId", "") != self.session:  # a last word of a window that is gone
            return
        match message.get("method"):
            case "Runtime.consoleAPICalled" | "Runtime.exceptionThrown" | "Log.entryAdded":
                self.console.append(json.dumps(params))
            # What begins with data: is in the page.
            case "Network.requestWillBeSent" if not params["request"]["url"].startswith((self.page, "data:")):
                self.requests.append(params["request"]["url"])


def visit_and(page: Path, browser: Browser, script: str) -> Any:
    """What the script returns after the page's own have run, in a window of its own."""
    browser.renew()
    browser.open(page)
    seen = browser.tell(f"(async () => {{{script}}})()")
    assert browser.console == [] and browser.requests == []
    return seen
