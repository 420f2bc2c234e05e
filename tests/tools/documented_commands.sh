#!/usr/bin/env bash
# The commands that the README and the guide show, and the Python tools, on runs of a few steps.
# Usage: documented_commands.sh PLAQUETTE PYTHON
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
plaquette=$1
python=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

"$plaquette" run --config "$root/examples/4x4.toml" --out runs/4x4 --steps 3 --chains 64 \
  --attention t5 --attention-every 1 --quiet
"$plaquette" run --config "$root/examples/6x6.toml" --out runs/6x6 --steps 1 --chains 16 --quiet
"$plaquette" resume runs/4x4 --steps 4 --quiet
"$plaquette" resume runs/4x4 --steps 5 --symmetry c4v,spin-flip --quiet
"$plaquette" measure runs/4x4 --quiet
"$plaquette" attention runs/4x4 --quiet
"$plaquette" exact --L 4 --J2 0.5
"$plaquette" info runs/4x4

expect_files() {
  for file in "$@"; do
    [ -s "$file" ] || { echo "missing: $file" >&2; exit 1; }
  done
}

"$python" "$root/tools/plot_run.py" runs/4x4 runs/6x6 --reference -0.52862021 --out plots
expect_files plots/convergence.png plots/attention-4x4.png plots/observables-4x4.png
"$python" "$root/tools/plot_run.py" runs/4x4 --format svg --out plots
expect_files plots/convergence.svg
if "$python" "$root/tools/plot_run.py" nowhere 2>message; then exit 1; fi
grep -q "nowhere/log.jsonl" message

paper=("$python" "$root/tools/paper.py" --scale small --only figure2,figure4 --case J0.5-l1
  --out paper --plaquette "$plaquette")
"${paper[@]}" -- --steps 10 --chains 16
expect_files paper/figure2.png paper/spread.png paper/figure4-t5.png paper/figure4-decoupled.png \
  paper/table.md paper/results.json
# What is there is kept: drawing again runs nothing.
before=$(stat -c %Y paper/runs/*/summary.json)
"${paper[@]}" -- --steps 10 --chains 16 >/dev/null
[ "$before" = "$(stat -c %Y paper/runs/*/summary.json)" ]
# Every full-size configuration is one that the program takes.
for config in "$root"/examples/paper/*x*.toml; do
  "$plaquette" run --config "$config" --memory-limit 64G --backend cpu --dry-run >/dev/null
done
