#!/usr/bin/env bash
# A Ray driver that was started by `uv run` sends its working directory to the cluster, whatever lies in it, and has its
# workers start by `uv run`, too. Above 512 MiB it ends with an error. Nobody has asked for either.
#
# Seen with Ray 2.60.0 and uv 0.11.0, Python 3.11; what the job's environment holds, driver in a folder with one film:
#   python job.py                                            []
#   uv run python job.py                                     ['py_executable', 'working_dir']
#   RAY_ENABLE_UV_RUN_RUNTIME_ENV=0 uv run python job.py     []
# What we do: the variable is set before Ray is imported (runners/_ray/cluster.py).
#
# Ray has packages for Python 3.10 to 3.13: PYTHON=python3.11 findings/uv_run_ships_the_working_directory.sh
# Exits with 0 as long as it does as above.
set -euo pipefail
export RAY_USAGE_STATS_ENABLED=0 UV_PYTHON_DOWNLOADS=never
work=$(mktemp -d /tmp/ray-XXXX)     # sockets have short names
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet "ray==2.60.0" "uv==0.11.0"
export PATH="$work/venv/bin:$PATH" VIRTUAL_ENV="$work/venv"

mkdir "$work/films"
cd "$work/films"
echo "a film" > film.png
cat > job.py <<'PYTHON'
import sys

import ray

ray.init(address="local", num_cpus=1, include_dashboard=False, log_to_driver=False, _temp_dir=sys.argv[1])
print(sorted(set(ray.get_runtime_context().runtime_env) - {"env_vars"}))
PYTHON
run() { echo "$("$@" job.py "$work/ray" 2> /dev/null | tail -1)"; }
plain=$(run python)
under=$(run uv run --active --no-project python)
off=$(RAY_ENABLE_UV_RUN_RUNTIME_ENV=0 run uv run --active --no-project python)
echo "plain $plain  under uv $under  turned off $off"
[ "$plain" = "[]" ] && [ "$under" = "['py_executable', 'working_dir']" ] && [ "$off" = "[]" ]
