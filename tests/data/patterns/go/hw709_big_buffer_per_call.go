package main

import (
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"strings"
	"sync"
)

func init() { register("HW709", sumUpload, sumUploadPooled) }

const upload = "one hundred bytes, as good as any"

func sumUpload(w http.ResponseWriter, r *http.Request) {
	buf := make([]byte, 256<<10)
	sum := crc32.NewIEEE()
	n, err := io.CopyBuffer(sum, io.LimitReader(strings.NewReader(upload), 30), buf)
	fmt.Fprintln(w, n, err, sum.Sum32())
}

var uploadBuffers = sync.Pool{New: func() any { return new([256 << 10]byte) }}

func sumUploadPooled(w http.ResponseWriter, r *http.Request) {
	buf := uploadBuffers.Get().(*[256 << 10]byte)
	defer uploadBuffers.Put(buf)
	sum := crc32.NewIEEE()
	n, err := io.CopyBuffer(sum, io.LimitReader(strings.NewReader(upload), 30), buf[:])
	fmt.Fprintln(w, n, err, sum.Sum32())
}
