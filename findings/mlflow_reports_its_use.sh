#!/usr/bin/env bash
# MLflow's client tells its makers of its use, unasked: of every kind of call with which libraries are loaded beside it,
# whether the server is on this machine, and an id of the installation, which stays in ~/.config/mlflow. Nothing is sent
# and nothing kept with MLFLOW_DISABLE_TELEMETRY=true or DO_NOT_TRACK=true, or where a variable says that this is CI.
#
# Seen with mlflow-skinny 3.17.2, Python 3.11; one run made on a server of one's own; where the process would have sent
# to beside that server:
#   as it is                               config.mlflow-telemetry.io, and to the address that this names:
#                                          create_run with the libraries that are loaded; kept: telemetry.json
#   with MLFLOW_DISABLE_TELEMETRY=true     nothing; kept: nothing
# What we do: the variable is set before the client is loaded (reports/_publish/server.py).
#
# Nothing leaves the machine here: what would be asked for is written down instead, and answered.
# Exits with 0 as long as it does as above.
set -euo pipefail
unset CI TF_BUILD JENKINS_URL GITHUB_ACTIONS GITLAB_CI DO_NOT_TRACK MLFLOW_DISABLE_TELEMETRY XDG_CONFIG_HOME
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet "mlflow-skinny==3.17.2"
cd "$work"
cat > asked.py <<'PYTHON'
import json
import time
from urllib.parse import urlsplit

import requests

asked = []
RUN = {"run": {"info": {"run_id": "a", "run_uuid": "a", "experiment_id": "1", "status": "RUNNING"}, "data": {}}}
CONFIG = {"mlflow_version": "3.17.2", "ingestion_url": "https://named.example/in"}


def written_down(session, method, url, json=None, **others):
    host = urlsplit(url).hostname
    events = sorted({record["data"]["event_name"] for record in (json or {}).get("records", [])})
    asked.append(" ".join([host, *events]))
    return answer(CONFIG if host.startswith("config.") else RUN)


def answer(content):
    made = requests.Response()
    made.status_code, made._content = 200, json.dumps(content).encode()
    return made


requests.Session.request = written_down
from mlflow.tracking import MlflowClient  # noqa: E402

MlflowClient(tracking_uri="http://lab.example:5000").create_run("1")
time.sleep(13)  # they are sent every ten seconds
print(",".join(sorted({host for host in asked if not host.startswith("lab.example")})) or "nothing")
PYTHON
told() {
  mkdir -p "$work/$1"
  said=$(HOME="$work/$1" "${@:2}" "$work/venv/bin/python" asked.py 2>/dev/null | tail -1)
  echo "$said; kept: $(cd "$work/$1" && find . -name telemetry.json -printf '%f' | grep . || echo nothing)"
}
plain=$(told plain env)
silent=$(told silent env MLFLOW_DISABLE_TELEMETRY=true)
echo "as it is: $plain   silent: $silent"
[ "$plain" = "config.mlflow-telemetry.io,named.example create_run; kept: telemetry.json" ] \
  && [ "$silent" = "nothing; kept: nothing" ]
