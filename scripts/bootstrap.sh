#!/bin/sh
# Brings a machine with python3 >= 3.11 (venv, headers) and a C compiler to a synced .venv.
# Says what is missing, and in which Debian package it is.
set -eu
cd "$(dirname "$0")/.."

PYTHON=${PYTHON:-python3}
UV_VERSION=0.13.8

missing() {
    echo "heapwise: $1; on Debian: apt-get install $2" >&2
    exit 1
}

command -v "$PYTHON" >/dev/null || missing "there is no $PYTHON here" python3
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    missing "$("$PYTHON" -V) is too old, 3.11 is the oldest that works" "python3 (Debian 12 or later)"
"$PYTHON" -c 'import venv, ensurepip' 2>/dev/null || missing "$PYTHON has no venv" python3-venv
"$PYTHON" -c 'import sysconfig, os, sys
sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))' ||
    missing "$PYTHON has no headers" python3-dev
command -v "${CC:-cc}" >/dev/null || command -v gcc >/dev/null || missing "there is no C compiler" gcc

UV=$(command -v uv || true)
if [ -z "$UV" ]; then
    UV=.uv/bin/uv
    if [ ! -x "$UV" ]; then
        echo "heapwise: no uv here, putting one into .uv" >&2
        "$PYTHON" -m venv .uv
        .uv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION"
    fi
fi

echo "heapwise: bringing .venv up to date" >&2
# The interpreter just checked, never a downloaded one.
UV_PYTHON_DOWNLOADS=never UV_PYTHON=$("$PYTHON" -c 'import sys; print(sys._base_executable)') \
    "$UV" sync --quiet --locked --all-extras --all-groups --no-group bench
