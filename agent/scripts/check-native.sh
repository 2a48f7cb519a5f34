#!/bin/sh
# Builds the extension with the address and undefined-behaviour sanitizers and runs the core's
# tests on it, on every CPython that the tests find. The interpreters themselves are not
# instrumented, so libasan is loaded before them.
set -eu
cd "$(dirname "$0")/../.."

asan=$(${CC:-cc} -print-file-name=libasan.so)
case $asan in
/*) ;;
*) echo "check-native: the compiler has no libasan.so; install its sanitizer libraries" >&2; exit 1 ;;
esac

# CPython keeps much alive until the end: leaks are what the live table's tests look for.
export ASAN_OPTIONS="detect_leaks=0:abort_on_error=1:allocator_may_return_null=1"
export UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1"
export HEAPWISE_AGENT_PRELOAD="$asan"

exec "${PYTEST:-.venv/bin/pytest}" -q \
    agent/tests/integration/test_core_exact.py \
    agent/tests/integration/test_core_estimates.py \
    agent/tests/integration/test_core_threads.py \
    agent/tests/integration/test_core_runtime.py \
    agent/tests/integration/test_core_soak.py "$@"
