#!/bin/sh
# The C extensions under the address and undefined-behaviour sanitizers: what reads or writes outside
# its memory, or leans on what C leaves open, ends the tests at once. Arguments are pytest's.
set -eu
cd "$(dirname "$0")/.."
BIN=$PWD/.venv/bin
OUT=$PWD/build/native

rm -rf "$OUT"
HEAPWISE_SANITIZE=1 "$BIN/python" setup.py -q build --build-base "$OUT" --build-lib "$OUT/lib"

# Python's own allocator would hide what happens between its blocks; what CPython leaks on exit is
# no news. Atheris brings a sanitizer runtime of its own, and the bombs limit their address space.
[ $# -gt 0 ] || set -- tests/unit/test_pprof.py tests/unit/test_distinct.py \
    tests/unit/test_aggregate.py tests/unit/test_granularity.py tests/unit/test_merge.py \
    tests/unit/test_filters.py tests/unit/test_exectrace.py tests/unit/test_exectrace_damage.py \
    tests/unit/test_exectrace_old.py tests/unit/test_exectrace_versions.py \
    tests/unit/test_native_responses.py tests/unit/test_native_connections.py \
    tests/integration/test_engines.py tests/fuzz \
    -k "not atheris"
LD_PRELOAD="$(cc -print-file-name=libasan.so) $(cc -print-file-name=libubsan.so)" \
    ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 \
    UBSAN_OPTIONS=print_stacktrace=1 PYTHONMALLOC=malloc PYTHONPATH="$OUT/lib" \
    "$BIN/python" -m pytest "$@"
