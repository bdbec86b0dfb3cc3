#!/usr/bin/env bash
# Times our library against the official one. Options are those of benches/abi/abi.c, see docs/benchmarks.md:
#     benches/run_abi.sh [--quick] [--cpu] [--filter TEXT] [--markdown]
set -euo pipefail
cd "$(dirname "$0")/.."
target="${CARGO_TARGET_DIR:-target}"
venv="$target/bench-venv"

if [ ! -x "$venv/bin/python" ]; then
    python3 -m venv "$venv"
fi
"$venv/bin/pip" install --quiet --disable-pip-version-check metatensor-core==0.2.6
official=$("$venv/bin/python" -c "import metatensor, os; print(os.path.dirname(metatensor.__file__))")

cargo rustc --quiet --release -p metatensor-capi --crate-type cdylib
cc -std=c11 -O2 -Wall -Wextra -I include benches/abi/abi.c -o "$target/abi" -ldl
"$target/abi" "$official/lib/libmetatensor.so" "$target/release/libmetatensor_capi.so" "$@"
