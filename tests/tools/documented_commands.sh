#!/usr/bin/env bash
# The commands that the README and the guide show, and the Python tools, on runs of a few steps.
# Usage: documented_commands.sh PLAQUETTE PYTHON
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
plaquette=$1
python=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'echo "$0:$LINENO: status $? from: $BASH_COMMAND" >&2' ERR
cd "$scratch"

"$plaquette" run --config "$root/examples/4x4.toml" --out runs/4x4 --steps 3 --chains 64 \
  --attention t5 --attention-every 1 --quiet
"$plaquette" run --config "$root/examples/6x6.toml" --out runs/6x6 --steps 1 --chains 16 --quiet
# The defaults on 6x6 are those of the example.
diff <("$plaquette" run --L 6 --memory-limit 4G --dry-run) \
  <("$plaquette" run --config "$root/examples/6x6.toml" --memory-limit 4G --dry-run)
"$plaquette" resume runs/4x4 --steps 4 --quiet
"$plaquette" resume runs/4x4 --steps 5 --symmetry c4v,spin-flip --quiet
"$plaquette" measure runs/4x4 --quiet
"$plaquette" attention runs/4x4 --quiet
"$plaquette" exact --L 4 --J2 0.5
"$plaquette" info runs/4x4
"$plaquette" bench --L 4 --chains 32 --repeats 1 --operations
"$plaquette" bench --L 4 --chains 32 --repeats 2 --operations --json >bench.json
"$python" - <<'END'
import json
found = json.load(open("bench.json"))["backends"][0]
phases = {phase["phase"]: phase for phase in found["phases"]}
assert list(phases) == ["forward", "sampling", "local_energy", "log_derivatives", "gram", "solve",
                        "update"], list(phases)
assert found["step_seconds"] >= phases["sampling"]["seconds_min"] > 0
assert {"before", "after"} <= {key.rsplit("_", 1)[-1] for key in found}
assert {row["pass"] for row in found["operations"]} == {"forward", "backward"}
END

expect_files() {
  for file in "$@"; do
    [ -s "$file" ] || { echo "missing: $file" >&2; exit 1; }
  done
}

# Ends with STATUS and one line on stderr that holds WORDS: expect_failure STATUS WORDS COMMAND...
expect_failure() {
  local status=0
  "${@:3}" >/dev/null 2>message || status=$?
  if [ "$status" != "$1" ] || [ "$(wc -l <message)" != 1 ] || ! grep -qF -- "$2" message; then
    echo "status $status, not $1, or no line with '$2', from: ${*:3}" >&2
    cat message >&2
    exit 1
  fi
}

"$plaquette" report runs/4x4
expect_files runs/4x4/report.html
expect_failure 2 --force "$plaquette" report runs/4x4
"$plaquette" report runs/4x4 runs/6x6 --reference -0.52862021 --out runs.html
expect_files runs.html
expect_failure 2 nowhere.html "$python" "$root/tools/page_pictures.py" nowhere.html
# Without site, Python finds no installed module.
expect_failure 2 python3-numpy "$python" -S "$root/tools/paper.py" --scale small

# Measuring needs a network (compare_test.py has what does not); the table of what was measured, none.
"$root/scripts/compare" --table "$root/docs/results/peers/small/results.json" >table.md
expect_files table.md

paper=("$python" "$root/tools/paper.py" --scale small --only figure2,figure4 --case J0.5-l1
  --out paper --plaquette "$plaquette")
"${paper[@]}" -- --steps 10 --chains 16
expect_files paper/figure2.png paper/spread.png paper/figure4-t5.png paper/figure4-decoupled.png \
  paper/table.md paper/results.json
# What is there is kept: drawing again runs nothing.
before=$(stat -c %Y paper/runs/*/summary.json)
"${paper[@]}" -- --steps 10 --chains 16 >/dev/null
[ "$before" = "$(stat -c %Y paper/runs/*/summary.json)" ]
"${paper[@]}" --draw-only --plaquette nowhere >/dev/null
rm paper/runs/6x6-J0.5-l1-t5-untrained/inputs/attention.h5
expect_failure 2 6x6-J0.5-l1-t5-untrained/inputs/attention.h5 "${paper[@]}" --draw-only
expect_failure 2 step_times.json "${paper[@]}" --only figure2,figure3 --case l4 --draw-only

# The first run that fails, and Ctrl-C, are the last that starts.
broken=("$python" "$root/tools/paper.py" --scale small --jobs 1 --out broken --plaquette ./program)
printf '#!/bin/sh\necho >>started\nexit 1\n' >program
chmod +x program
expect_failure 1 "seed 0: plaquette run" "${broken[@]}"
[ "$(wc -l <started)" = 1 ]
printf '#!/bin/sh\necho >>started\nkill -INT $PPID\nexec sleep 600\n' >program
rm started
status=0
# A shell in the background ignores SIGINT, and so does what it starts.
timeout 60 env --default-signal=INT "${broken[@]}" || status=$?
[ "$status" = 130 ]
[ "$(wc -l <started)" = 1 ]
# Every full-size configuration is one that the program takes.
for config in "$root"/examples/paper/*x*.toml; do
  "$plaquette" run --config "$config" --memory-limit 64G --backend cpu --dry-run >/dev/null
done
