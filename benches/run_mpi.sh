#!/usr/bin/env bash
# Distributed maps beside MPI by hand and beside pickled maps, as the table of docs/benchmarks.md. With --check, it fails if
# something misses its target. MPICC and MPIRUN choose the MPI; others are mpicc and mpirun.
set -euo pipefail
cd "$(dirname "$0")/mpi"
check=${1:-}
target=${CARGO_TARGET_DIR:-../../target/mpi-benches}
export MPICC=${MPICC:-mpicc}
mpirun=${MPIRUN:-mpirun}
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
# a core for each rank, as mpirun has it by default
export METATENSOR_NUM_THREADS=1
cargo build --quiet --release --target-dir "$target"
program=$target/release/metatensor-mpi-benches
directory=$(mktemp -d)
trap 'rm -r "$directory"' EXIT
missed=0

echo "| what | ranks | ours | other | ratio | at most |"
echo "|---|---:|---:|---:|---:|---:|"
# They fail if something misses its target; so does what is piped to `tee`, by `pipefail`.
"$program" bytes || missed=1
"$mpirun" -n 2 "$program" times "$directory" | tee "$directory/times" || missed=1
"$mpirun" -n 1 "$program" times "$directory" || missed=1

# The official package needs Python; what is installed is kept. mpi4py finds Open MPI by itself.
venv=$target/python
if [ ! -x "$venv/bin/python" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet metatensor-core==0.2.6 mpi4py==4.1.2 numpy==2.4.6
fi
pickled=$("$mpirun" -n 2 "$venv/bin/python" pickled.py)
ours=$(sed -n 's/^| redistribute, large .* | 2 | \([0-9.]*\) ms .*/\1/p' "$directory/times")
ratio=$(awk "BEGIN { printf \"%.4f\", $ours / ($pickled * 1000) }")
printf '| redistribute, large / the official package with pickled maps | 2 | %s ms | %.0f ms | %s | 0.1 |\n' \
    "$ours" "$(awk "BEGIN { print $pickled * 1000 }")" "$ratio"
awk "BEGIN { exit ($ratio > 0.1) }" || missed=1

if [ $missed = 1 ]; then echo "something failed, or missed its target" >&2; fi
if [ "$check" = --check ]; then exit $missed; fi
