"""The picture in README.md: the three numbers of a report and its leaderboard, as a reader's screen shows them.

make demo && python tests/picture.py demo/runs/report.html          # writes docs/leaderboard.png
"""

from __future__ import annotations

import argparse
import base64
import tempfile
from pathlib import Path

from devtools import CHROMIUM, Browser

WIDTH, MOST = 1200, 1000  # pixels
DRAWN = "document.querySelectorAll('.js-plotly-plot').length === document.querySelectorAll('.plot').length"
# The three numbers and the leaderboard alone: between them lies what a reader scrolls past.
ALONE = """
const group = document.querySelector('section.group'), answer = group.querySelector('.answer');
const board = group.querySelector('.board').closest('section');
for (const part of group.children) part.hidden = part.tagName !== 'H2' && part !== answer && part !== board;
for (const part of answer.children) part.hidden = !part.classList.contains('figures');
scrollTo(0, 0); document.documentElement.style.overflow = 'hidden';
board.getBoundingClientRect().bottom + 16
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "docs" / "leaderboard.png")
    options = parser.parse_args()
    if CHROMIUM is None:
        raise SystemExit("Chromium is not installed: apt-get install chromium")
    with tempfile.TemporaryDirectory() as work, Browser(Path(work), WIDTH, MOST) as browser:
        browser.call(
            "Emulation.setDeviceMetricsOverride", width=WIDTH, height=MOST, deviceScaleFactor=1, mobile=False
        )
        browser.open(options.report.resolve())
        browser.until(DRAWN)
        height = min(MOST, int(browser.tell(ALONE)))
        clip = {"x": 0, "y": 0, "width": WIDTH, "height": height, "scale": 1}
        picture = browser.call("Page.captureScreenshot", format="png", clip=clip)
    options.out.write_bytes(base64.b64decode(picture["data"]))


if __name__ == "__main__":
    main()
