// Command goservice is the service that heapwise's own tests measure.
//
// It prints "listening HOST:PORT" once it can be reached.
package main

import (
	"bytes"
	"expvar"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

var (
	listen       = flag.String("listen", "127.0.0.1:0", "address, or unix:/path")
	objects      = flag.Int("objects", 16, "objects allocated per request")
	size         = flag.Int("size", 1024, "bytes of each")
	live         = flag.Int("live", 0, "MiB kept reachable")
	stacks       = flag.Int("stacks", 0, "distinct call stacks to put into the heap profile")
	profileRate  = flag.Int("profilerate", 512*1024, "runtime.MemProfileRate")
	noPprof      = flag.Bool("nopprof", false, "do not mount net/http/pprof")
	withExpvar   = flag.Bool("expvar", false, "mount expvar")
	writeTimeout = flag.Duration("writetimeout", 0, "WriteTimeout of the server")
	delay        = flag.Duration("delay", 0, "wait before listening")
	exitAfter    = flag.Duration("exitafter", 0, "exit with code 3 after this long")
	ignoreTerm   = flag.Bool("ignoreterm", false, "ignore SIGTERM")
	noise        = flag.Bool("noise", false, "log to stderr without pause")
)

var (
	sink     []byte
	kept     [][]byte
	requests atomic.Int64
)

func work(w http.ResponseWriter, _ *http.Request) {
	for i := 0; i < *objects; i++ {
		sink = make([]byte, *size)
	}
	requests.Add(1)
	fmt.Fprintln(w, "done")
}

// climb makes one call stack for each number: its bits choose the path.
func climb(number, depth int) {
	switch {
	case depth == 0:
		kept = append(kept, make([]byte, 64))
	case number&1 == 0:
		climb(number>>1, depth-1)
	default:
		climbOdd(number>>1, depth-1)
	}
}

//go:noinline
func climbOdd(number, depth int) { climb(number, depth) }

func counters(w http.ResponseWriter, _ *http.Request) {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	fmt.Fprintf(w, "%d %d %d %d %d\n",
		stats.TotalAlloc, stats.Mallocs, stats.NumGC, runtime.NumGoroutine(), requests.Load())
}

func quit(_ http.ResponseWriter, r *http.Request) {
	code, _ := strconv.Atoi(r.FormValue("code"))
	fmt.Fprintln(os.Stderr, "quitting as asked")
	os.Exit(code)
}

func routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/work", work)
	mux.HandleFunc("/counters", counters)
	mux.HandleFunc("/gc", func(http.ResponseWriter, *http.Request) { runtime.GC() })
	mux.HandleFunc("/quit", quit)
	if !*noPprof {
		mux.HandleFunc("/debug/pprof/", pprof.Index)
		mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	}
	if *withExpvar {
		mux.Handle("/debug/vars", expvar.Handler())
	}
	return mux
}

func open() (net.Listener, error) {
	if path, found := strings.CutPrefix(*listen, "unix:"); found {
		return net.Listen("unix", path)
	}
	return net.Listen("tcp", *listen)
}

func main() {
	flag.Parse()
	runtime.MemProfileRate = *profileRate
	if *ignoreTerm {
		signal.Ignore(syscall.SIGTERM)
	}
	for i := 0; i < *live; i++ {
		kept = append(kept, bytes.Repeat([]byte{1}, 1<<20)) // written, so that it is resident
	}
	for number := 0; number < *stacks; number++ {
		climb(number, 20)
	}
	time.Sleep(*delay)
	listener, err := open()
	if err != nil {
		fmt.Fprintln(os.Stderr, "goservice:", err)
		os.Exit(1)
	}
	fmt.Println("listening", listener.Addr())
	if *exitAfter > 0 {
		time.AfterFunc(*exitAfter, func() { os.Exit(3) })
	}
	if *noise {
		go func() {
			for {
				fmt.Fprintln(os.Stderr, "noise from the application")
			}
		}()
	}
	server := &http.Server{Handler: routes(), WriteTimeout: *writeTimeout}
	fmt.Fprintln(os.Stderr, "goservice:", server.Serve(listener))
	os.Exit(1)
}
