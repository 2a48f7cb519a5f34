// Command errorbars serves the same requests again and again, in blocks, and keeps a heap profile
// from between any two of them. Every block allocates the same, so that whatever differs from one
// block's profile to the next is the sampling.
//
//	errorbars [-rate N] [-blocks N] [-requests N] FOLDER
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
)

// Sizes are size classes of Go's allocator, so that what is asked for is what is allocated.
const (
	smallSize, smallCount   = 64, 600
	middleSize, middleCount = 2048, 24
	nearSize, nearCount     = 32768, 2
	largeSize, largeCount   = 262144, 1
)

var kept []byte

//go:noinline
func small() { kept = make([]byte, smallSize) }

//go:noinline
func middle() { kept = make([]byte, middleSize) }

//go:noinline
func near() { kept = make([]byte, nearSize) }

//go:noinline
func large() { kept = make([]byte, largeSize) }

func handle(response http.ResponseWriter, request *http.Request) {
	for range smallCount {
		small()
	}
	for range middleCount {
		middle()
	}
	for range nearCount {
		near()
	}
	for range largeCount {
		large()
	}
	body := map[string]any{"path": request.URL.Path, "numbers": []int{1, 2, 3}}
	if err := json.NewEncoder(response).Encode(body); err != nil {
		log.Fatal(err)
	}
}

func main() {
	rate := flag.Int("rate", 65536, "bytes between two samples")
	blocks := flag.Int("blocks", 10, "how often")
	requests := flag.Int("requests", 50, "in each block")
	flag.Parse()
	runtime.MemProfileRate = *rate
	service := httptest.NewServer(http.HandlerFunc(handle))
	defer service.Close()
	serve(service.URL, *requests)
	for block := range *blocks {
		write(filepath.Join(flag.Arg(0), fmt.Sprintf("%04d.pb.gz", block)))
		serve(service.URL, *requests)
	}
	write(filepath.Join(flag.Arg(0), fmt.Sprintf("%04d.pb.gz", *blocks)))
}

func serve(url string, requests int) {
	for range requests {
		response, err := http.Get(url)
		if err != nil {
			log.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, response.Body); err != nil {
			log.Fatal(err)
		}
		response.Body.Close()
	}
}

// write keeps the profile of everything up to now: it is published two collections late.
func write(path string) {
	runtime.GC()
	runtime.GC()
	file, err := os.Create(path)
	if err != nil {
		log.Fatal(err)
	}
	if err := pprof.WriteHeapProfile(file); err != nil {
		log.Fatal(err)
	}
	if err := file.Close(); err != nil {
		log.Fatal(err)
	}
}
