#!/usr/bin/env bash
# `import openvino` tells Google Analytics so, unasked: the package that does it, openvino-telemetry, is a requirement of
# openvino. What is sent has the versions and an id of the machine's user, which stays in ~/intel. Nothing is sent after
# `opt_in_out --opt_out` (a file in ~/intel then says 0, and that is reported, too), where a variable says that this is
# CI, or where the package counts as not installed.
#
# Seen with openvino 2026.4.1 and openvino-telemetry 2025.2.0, Python 3.11; where the process would have sent to:
#   imported                                      www.google-analytics.com   ~/intel: openvino_ga_cid stats
#   imported, openvino_telemetry not installed    nothing                    ~/intel: nothing
#   imported with the 0 of opt_in_out --opt_out   nothing                    ~/intel: openvino_telemetry
# What we do: whatever writes or opens this format blocks the package first (runners/_models/formats/openvino.py).
#
# Nothing leaves the machine here: what would be opened is written down instead.
# Exits with 0 as long as it does as above.
set -euo pipefail
unset CI TF_BUILD JENKINS_URL
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet "openvino==2026.4.1" "openvino-telemetry==2025.2.0" "numpy==2.4.6"
cd "$work"
cat > imported.py <<'PYTHON'
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

home, blocked = Path(sys.argv[1]), "blocked" in sys.argv


def written_down(request, *args, **kwargs):
    """In a process of its own, which the package starts for it."""
    with (home / "asked").open("a") as file:
        file.write(urlsplit(request.full_url).hostname + "\n")
    raise OSError("not opened")


urllib.request.urlopen = written_down
if blocked:
    sys.modules["openvino_telemetry"] = None
import openvino  # noqa: E402

time.sleep(2)
asked = home / "asked"
kept = sorted(file.name for file in (home / "intel").glob("*"))
print(",".join(sorted(set(asked.read_text().split()))) if asked.exists() else "nothing", ",".join(kept) or "nothing")
PYTHON
told() { mkdir -p "$work/$1"; HOME="$work/$1" "$work/venv/bin/python" imported.py "$work/$1" "${@:2}"; }
plain=$(told plain)
blocked=$(told blocked blocked)
mkdir -p out/intel
echo 0 > out/intel/openvino_telemetry
out=$(told out)
echo "imported: $plain  blocked: $blocked  opted out: $out"
[ "$plain" = "www.google-analytics.com openvino_ga_cid,stats" ] && [ "$blocked" = "nothing nothing" ] \
  && [ "$out" = "nothing openvino_telemetry" ]
