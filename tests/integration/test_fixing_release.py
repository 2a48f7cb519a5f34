"""The release that HW201 names, on modules of our own that stand in for a real one.

A proxy in a folder has a module under the path of one that an advisory is about: two sick
releases, a sick commit between them and the next, the release with the fix, and later ones. Only
what the advisory names is ever told; that it builds and mends is tried.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from heapwise.diagnose.case import Case
from heapwise.diagnose.rules.dependencies.known_allocation_bug import find
from heapwise.formats.pprof import decode
from heapwise.model.finding import Finding
from heapwise.model.work import PerWork, Work
from heapwise.runtimes.go.modules import BuiltModule, modules_of, newest
from heapwise.runtimes.go.toolchain import find_go
from support.go_proxy import GoProxy

pytestmark = pytest.mark.go

MODULE = "github.com/segmentio/kafka-go"
FIXED = "v0.2.3"
COMMIT = "v0.2.3-0.20190401000000-0123456789ab"
CALLS = 50

SICK = """package gzip

import ("bytes"; "compress/gzip")

func Encode(data []byte) int {
	var to bytes.Buffer
	w := gzip.NewWriter(&to)
	w.Write(data)
	w.Close()
	return to.Len()
}
"""
CURED = """package gzip

import ("bytes"; "compress/gzip"; "sync")

var writers = sync.Pool{New: func() interface{} { return gzip.NewWriter(nil) }}

func Encode(data []byte) int {
	var to bytes.Buffer
	w := writers.Get().(*gzip.Writer)
	defer writers.Put(w)
	w.Reset(&to)
	w.Write(data)
	w.Close()
	return to.Len()
}
"""
SERVICE = f"""package main

import (
	"os"
	"runtime"
	"runtime/pprof"

	"{MODULE}/gzip"
)

func main() {{
	runtime.MemProfileRate = 4096
	data := make([]byte, 2000)
	for range {CALLS} {{
		gzip.Encode(data)
	}}
	runtime.GC()
	runtime.GC()
	pprof.Lookup("heap").WriteTo(os.Stdout, 0)
}}
"""


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> GoProxy:
    """Releases of the module, as those of the real one were."""
    proxy = GoProxy(tmp_path_factory.mktemp("releases"))
    for version in ("v0.2.1", "v0.2.2", COMMIT):
        proxy.add(MODULE, version, {"gzip/gzip.go": SICK})
    for version in (FIXED, "v0.2.4", "v0.3.0"):
        proxy.add(MODULE, version, {"gzip/gzip.go": CURED})
    return proxy


def built(proxy: GoProxy, folder: Path, version: str) -> Path:
    """A service that uses a release."""
    (folder / "main.go").write_text(SERVICE)
    (folder / "go.mod").write_text("module example.org/service\n\ngo 1.22\n")
    proxy.go(folder, "get", f"{MODULE}@{version}")
    proxy.go(folder, "build", "-o", "service", ".")
    return folder / "service"


def found(service: Path) -> Sequence[Finding]:
    """What HW201 says of the service's own profile."""
    heap = decode(subprocess.run([service], capture_output=True, check=True).stdout)
    costs = PerWork(Work("req", CALLS), 1_000_000.0, 20.0, 0.0, 0.0)
    return tuple(find(Case.of(heap, None, costs, runtime="go")))


@pytest.mark.parametrize("version", ["v0.2.1", "v0.2.2", COMMIT])
def test_the_release_that_is_named_builds_and_mends(
    proxy: GoProxy, tmp_path: Path, version: str
) -> None:
    """A sick release, a later one, a commit after both: each is told the one release."""
    (finding,) = found(built(proxy, tmp_path, version))
    assert finding.module == f"{MODULE}@{version}"
    named = re.search(r"go get (\S+)@(\S+) or later", finding.remedy)
    assert named is not None
    assert named.groups() == (MODULE, FIXED)
    mended = built(proxy, tmp_path, named[2])
    assert found(mended) == ()
    assert modules_of(mended) == (BuiltModule(MODULE, FIXED),)


def test_the_newest_release_is_known_and_is_not_the_advice(proxy: GoProxy, tmp_path: Path) -> None:
    """v0.3.0 is what "upgrade to latest" would mean; the fix is older and the smaller step."""
    assert newest(MODULE, "v0.2.2", find_go(), env=proxy.env) == "v0.3.0"
    assert newest(MODULE, "v0.3.0", find_go(), env=proxy.env) == ""
    (finding,) = found(built(proxy, tmp_path, "v0.2.2"))
    assert "v0.3.0" not in finding.remedy
    assert "latest" not in finding.remedy


def test_nobody_who_answers_is_no_error(proxy: GoProxy) -> None:
    """No network, an unknown module, a broken proxy: nothing is known, and that is all."""
    nowhere = {**proxy.env, "GOPROXY": "off"}
    assert newest(MODULE, "v0.2.2", find_go(), env=nowhere) == ""
    assert newest("example.org/unknown", "v1.0.0", find_go(), env=proxy.env) == ""


def test_a_replaced_module_tells_what_it_was_built_from(proxy: GoProxy, tmp_path: Path) -> None:
    """The release that counts is the one compiled in, not the one required."""
    folder = tmp_path
    (folder / "main.go").write_text(SERVICE)
    (folder / "go.mod").write_text(
        f"module example.org/service\n\ngo 1.22\n\nrequire {MODULE} v0.2.2\n\n"
        f"replace {MODULE} => {MODULE} {FIXED}\n"
    )
    proxy.go(folder, "build", "-o", "service", ".")
    (module,) = modules_of(folder / "service")
    assert (module.version, module.built_from) == ("v0.2.2", f"{MODULE}@{FIXED}")


def test_what_is_no_go_program_has_no_modules(tmp_path: Path) -> None:
    """A missing file, and one with anything in it."""
    assert modules_of(tmp_path / "missing") == ()
    (tmp_path / "other").write_bytes(b"\x7fELF" + bytes(4_000))
    assert modules_of(tmp_path / "other") == ()
