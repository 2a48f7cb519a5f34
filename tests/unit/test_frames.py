"""Which frames are Go's own, which module a file is of, and which family a function belongs to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.frames import FAMILIES, CallPaths, Frame, frames_of, place
from heapwise.analysis.go_frames import is_library, module_of, package_of
from support.profiles import profile

CACHE = "/root/go/pkg/mod/"

LIBRARY = [
    ("net/http.(*conn).serve", "/usr/local/go/src/net/http/server.go"),
    ("net/http.(*conn).serve", "net/http/server.go"),
    ("net/http.(*conn).serve", "/opt/hostedtoolcache/go/1.22.1/x64/src/net/http/server.go"),
    ("fmt.Sprintf", f"{CACHE}golang.org/toolchain@v0.0.1-go1.24.0.linux-amd64/src/fmt/print.go"),
    ("vendor/golang.org/x/text.f", "/usr/local/go/src/vendor/golang.org/x/text/t.go"),
    ("vendor/golang.org/x/text.f", "vendor/golang.org/x/text/t.go"),
    ("encoding/json/v2.Unmarshal", "/usr/local/go/src/encoding/json/v2/arshal.go"),
    ("internal/runtime/maps.(*Map).grow", "/usr/local/go/src/internal/runtime/maps/map.go"),
    ("net._C2func_getaddrinfo", "_cgo_gotypes.go"),
    ("slices.sort[go.shape.struct { github.com/a/b.X int }]", "/usr/local/go/src/slices/z.go"),
    ("sync/atomic.(*Pointer[github.com/foo/bar.X]).Store", "sync/atomic/type.go"),
    ("brandnew.Func", "/usr/local/go/src/brandnew/x.go"),
    ("encoding/brandnew.Func", "/usr/local/go/src/encoding/brandnew/x.go"),
    ("main.page.Values.func1", "/usr/local/go/src/slices/iter.go"),
    ("net/http.(*conn).serve", "/opt/go/src/net/http/server.go"),
    ("runtime.main", ""),
]  # fmt: skip

OWN = [
    ("main.main", "/srv/app/main.go"),
    ("main.main", "main.go"),
    ("main.main", "/usr/local/go/src/cmd/vet/main.go"),
    ("acme/app.Serve", "/opt/go/src/acme/app/x.go"),
    ("example.com/app/http.Serve", "example.com/app/http/x.go"),
    ("app/net/http.Serve", "/home/me/app/net/http/x.go"),
    ("app_test.TestX", "/home/me/app/x_test.go"),
    ("golang.org/x/net/http2.(*Server).f", f"{CACHE}golang.org/x/net@v0.17.0/http2/server.go"),
    ("golang.org/x/net/http2.(*Server).f", "/srv/app/vendor/golang.org/x/net/http2/server.go"),
    ("image/handlers.Show", "/srv/image/handlers/show.go"),
    ("image/handlers.Show", "/home/me/go/src/image/handlers/show.go"),
    ("image/handlers.Show", "image/handlers/show.go"),
    ("image.Resize", "/srv/image/resize.go"),
    ("log.Setup", "/srv/log/setup.go"),
    ("text.Trim", "text/trim.go"),
    ("0x401000", ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("function", "file"),
    [pair for pair in LIBRARY if "brandnew.F" not in pair[0] or "/" in pair[0]],
)
def test_the_standard_library_is_known_in_every_build(function: str, file: str) -> None:
    """With and without -trimpath, from any toolchain, vendored and generated code included."""
    assert is_library(function, file)


@pytest.mark.parametrize(("function", "file"), OWN)
def test_code_of_the_service_is_never_taken_for_the_library(function: str, file: str) -> None:
    """Neither a module without a dot, nor one named as a library package, nor a package main."""
    assert not is_library(function, file)


@pytest.mark.parametrize(
    ("function", "package"),
    [
        ("net/http.(*conn).serve", "net/http"),
        ("main.main.func1", "main"),
        ("gopkg.in/yaml%2ev3.Unmarshal", "gopkg.in/yaml.v3"),
        ("github.com/a/b.(*T[go.shape.string]).M", "github.com/a/b"),
        ("github.com/a/b.F[github.com/c/d.E]", "github.com/a/b"),
        ("0x401000", ""),
        ("", ""),
    ],
)
def test_the_package_is_read_from_a_functions_name(function: str, package: str) -> None:
    """Type arguments and receivers may hold slashes and dots; the linker escapes dots."""
    assert package_of(function) == package


@pytest.mark.parametrize(
    ("file", "module"),
    [
        ("/root/go/pkg/mod/github.com/go-chi/chi@v3.3.4+incompatible/middleware/compress.go",
         "github.com/go-chi/chi@v3.3.4+incompatible"),
        ("github.com/go-chi/chi@v3.3.4+incompatible/mux.go",
         "github.com/go-chi/chi@v3.3.4+incompatible"),
        ("/home/u/go/pkg/mod/github.com/!burnt!sushi/toml@v1.2.3/decode.go",
         "github.com/BurntSushi/toml@v1.2.3"),
        ("/home/me@corp/go/pkg/mod/github.com/a/b@v1.0.0-!r!c1/x.go", "github.com/a/b@v1.0.0-RC1"),
        ("/cache/gopkg.in/yaml.v3@v3.0.1/yaml.go", "gopkg.in/yaml.v3@v3.0.1"),
        ("/go/pkg/mod/corp/lib@v0.0.0-20191031103402-221acf29d02b/x.go",
         "corp/lib@v0.0.0-20191031103402-221acf29d02b"),
        ("/go/pkg/mod/golang.org/toolchain@v0.0.1-go1.24.0.linux-amd64/src/fmt/print.go", ""),
        ("/srv/app/vendor/github.com/go-chi/chi/mux.go", ""),
        ("/usr/local/go/src/net/http/server.go", ""),
        ("/srv/app@v2/main.go", ""),
        ("main.go", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_modules_are_read_from_file_names(file: str, module: str) -> None:
    """From any cache and trimmed, unescaped; what has no version has no module."""
    assert module_of(file) == module


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_names_are_answered(function: str, file: str) -> None:
    """Names come from outside: none of them raises, and a module always has a version."""
    assert is_library(function, file) in (True, False)
    assert module_of(file) == "" or "@v" in module_of(file)
    place(Frame(function, file, 1))


def test_a_place_hides_where_the_cache_lies() -> None:
    """A module's file is shown from the module on, with its line; others as they are."""
    chi = "/root/go/pkg/mod/github.com/go-chi/chi@v4.0.2+incompatible/middleware/compress.go"
    assert (
        place(Frame("f", chi, 7))
        == "github.com/go-chi/chi@v4.0.2+incompatible/middleware/compress.go:7"
    )
    assert place(Frame("f", "/srv/main.go", 9)) == "/srv/main.go:9"
    assert place(Frame("f", "", 9)) == ""


@pytest.mark.parametrize(
    "function",
    [
        "compress/flate.NewWriter",
        "compress/flate.(*compressor).init",
        "compress/flate.newDeflateFast",
        "compress/flate.newFastEnc",
        "compress/flate.(*fastGen).addBlock",
        "compress/gzip.(*Writer).Close",
        "compress/zlib.NewWriterLevel",
        "github.com/klauspost/compress/gzip.(*Writer).Write",
        "github.com/klauspost/compress/zstd.(*Encoder).ReadFrom",
        "github.com/andybalholm/brotli.NewWriterLevel",
    ],
)
def test_compressors_are_one_family(function: str) -> None:
    """Whatever a Go release or a fork calls it, it compresses."""
    assert function in FAMILIES["compressor"]


@pytest.mark.parametrize(
    "function",
    [
        "compress/gzip.NewReader",
        "compress/gzip.(*Reader).Reset",
        "compress/flate.(*decompressor).Read",
        "compress/flate.(*dictDecoder).init",
        "compress/flate.(*huffmanDecoder).init",
        "github.com/klauspost/compress/zstd.(*Decoder).Reset",
        "github.com/klauspost/compress/gzhttp.(*GzipResponseWriter).Write",
        "compress/bzip2.NewReader",
        "example.com/compress/gzip.(*Writer).Write",
    ],
)
def test_decompression_and_middleware_are_not_compressors(function: str) -> None:
    """Readers cost 41 KB and are another matter; a middleware has the whole service below it."""
    assert function not in FAMILIES["compressor"]


def test_inlined_calls_are_frames_of_their_own() -> None:
    """A location with several lines gives several frames, the innermost first."""
    heap = profile(
        {("f (/x.go:1) inlined into g (/x.go:2)", "main.main (/m.go:3)", "0x2a"): (1, 8)}
    )
    assert CallPaths(heap).stack(0) == (
        Frame("f", "/x.go", 1), Frame("g", "/x.go", 2), Frame("main.main", "/m.go", 3),
        Frame("0x2a", "", 0),
    )  # fmt: skip


def test_an_unknown_runtime_has_no_library_and_no_modules() -> None:
    """Nothing is guessed about a runtime whose frames we do not know."""
    frames = frames_of("")
    assert not frames.is_library("net/http.(*conn).serve", "/usr/local/go/src/net/http/server.go")
    assert frames.module_of("/root/go/pkg/mod/a.b/c@v1.2.3/x.go") == ""
