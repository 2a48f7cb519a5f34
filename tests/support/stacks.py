"""Call stacks of Go services that compress responses, with the names each Go version uses.

Leaf first, in the notation of `support.profiles`. The shares are those of a real service.
"""

from __future__ import annotations

from collections.abc import Iterable

from support.profiles import Sample, Stack

WRITER = 1_076_000
"""Bytes of one gzip.Writer at the default level, Go 1.27."""

GOROOT = "/usr/local/go/src/"
CACHE = "/root/go/pkg/mod/"

SERVE = (
    "net/http.HandlerFunc.ServeHTTP ({root}net/http/server.go:2294)",
    "net/http.serverHandler.ServeHTTP ({root}net/http/server.go:3301)",
    "net/http.(*conn).serve ({root}net/http/server.go:2102)",
)

_WRITE = "compress/gzip.(*Writer).Write ({root}compress/gzip/gzip.go:191)"
_CLOSE = "compress/gzip.(*Writer).Close ({root}compress/gzip/gzip.go:242)"
_FLATE = "({root}compress/flate/deflate.go:667)"

_INLINED = " inlined into ".join(
    f"compress/flate.{name} {_FLATE}" for name in ("newFastEnc", "(*compressor).init", "NewWriter")
)

COMPRESSOR = {
    # (stack below the caller, share of a writer's bytes, object size)
    "go1.13": (
        ((f"compress/flate.NewWriter {_FLATE}", _WRITE), 0.80, 663_552),
        (
            (f"compress/flate.(*compressor).init {_FLATE}",
             f"compress/flate.NewWriter {_FLATE}", _WRITE), 0.17, 139_264,
        ),
        (
            ("compress/flate.newHuffmanBitWriter ({root}compress/flate/huffman_bit_writer.go:118)",
             f"compress/flate.(*compressor).init {_FLATE}",
             f"compress/flate.NewWriter {_FLATE}", _WRITE), 0.03, 5_632,
        ),
    ),
    "go1.27": (
        (
            (_INLINED, _WRITE), 0.40, 409_600,
        ),
        (
            (f"compress/flate.(*fastGen).addBlock {_FLATE}",
             f"compress/flate.(*fastEncL6).Encode {_FLATE}",
             f"compress/flate.(*compressor).close {_FLATE}", _CLOSE), 0.30, 327_680,
        ),
        ((f"compress/flate.NewWriter {_FLATE}", _WRITE), 0.24, 262_144),
        (
            (f"compress/flate.(*compressor).init {_FLATE}",
             f"compress/flate.NewWriter {_FLATE}", _WRITE), 0.06, 65_536,
        ),
    ),
}  # fmt: skip
"""What one writer allocates, by the Go version that names it so."""


def chi(version: str, cache: str = CACHE) -> tuple[Stack, Stack]:
    """Who writes and who closes in chi's Compress: the callers of the compressor."""
    folder = f"{cache}github.com/go-chi/chi@{version}"
    name = "github.com/go-chi/chi/middleware"
    compress = f"{name}.Compress.func1.1 ({folder}/middleware/compress.go:127)"
    route = f"github.com/go-chi/chi.(*Mux).ServeHTTP ({folder}/mux.go:82)"
    write = f"{name}.(*maybeCompressResponseWriter).Write ({folder}/middleware/compress.go:210)"
    close = f"{name}.(*maybeCompressResponseWriter).Close ({folder}/middleware/compress.go:244)"
    handler = "main.evaluate (/srv/evaluate/main.go:88)"
    return (write, handler, compress, route), (close, compress, route)


def compressing(
    writes: Stack,
    closes: Stack,
    *,
    writers: float,
    go: str = "go1.27",
    root: str = GOROOT,
    serve: Stack = SERVE,
) -> Iterable[Sample]:
    """The samples of so many writers, built by these callers."""
    for below, share, size in COMPRESSOR[go]:
        caller = closes if any(".Close " in frame for frame in below) else writes
        objects = max(1, round(writers * WRITER * share / size))
        stack = tuple(frame.format(root=root) for frame in (*below, *caller, *serve))
        yield Sample(stack, (objects, objects * size, 0, 0), {"bytes": size})


def floor(requests: int, size: int = 2_048, root: str = GOROOT) -> Iterable[Sample]:
    """What net/http and a small handler allocate anyway, per request."""
    stacks = {
        ("net/textproto.readMIMEHeader ({root}net/textproto/reader.go:601)",
         "net/http.readRequest ({root}net/http/request.go:1077)", SERVE[-1]): size,
        ("io.ReadAll ({root}io/io.go:712)", "main.evaluate (/srv/evaluate/main.go:70)", *SERVE):
            size,
    }  # fmt: skip
    for stack, each in stacks.items():
        frames = tuple(frame.format(root=root) for frame in stack)
        yield Sample(frames, (requests, requests * each, 0, 0), {"bytes": each})
