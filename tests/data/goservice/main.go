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
	"runtime/trace"
	"strconv"
	"strings"
	"sync"
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
	contention   = flag.Bool("contention", false, "profile every contended mutex and every block")
	recorder     = flag.Bool("flightrecorder", false, "keep the last seconds of an execution trace")
)

var (
	sink     []byte
	kept     [][]byte
	requests atomic.Int64
	crowded  sync.Mutex
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

// stamp leaves the same moment in the execution trace, by its clock, and in the answer, by ours.
func stamp(w http.ResponseWriter, r *http.Request) {
	wall := time.Now().UnixNano()
	trace.Log(r.Context(), "stamp", strconv.FormatInt(wall, 10))
	fmt.Fprintln(w, wall)
}

// slow waits for as many milliseconds as it is told, in a region of the execution trace.
func slow(w http.ResponseWriter, r *http.Request) {
	ms, _ := strconv.Atoi(r.FormValue("ms"))
	trace.WithRegion(r.Context(), "slow", func() { time.Sleep(time.Duration(ms) * time.Millisecond) })
	fmt.Fprintln(w, "done")
}

// sometimes is work, and for one request in so many slow.
func sometimes(w http.ResponseWriter, r *http.Request) {
	every, _ := strconv.ParseInt(r.FormValue("every"), 10, 64)
	if requests.Load()%max(every, 1) == 0 {
		slow(w, r)
	}
	work(w, r)
}

// queue makes requests wait for one another.
func queue(w http.ResponseWriter, _ *http.Request) {
	crowded.Lock()
	time.Sleep(2 * time.Millisecond)
	crowded.Unlock()
	fmt.Fprintln(w, "done")
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
	mux.HandleFunc("/stamp", stamp)
	mux.HandleFunc("/slow", slow)
	mux.HandleFunc("/sometimes", sometimes)
	mux.HandleFunc("/queue", queue)
	if !*noPprof {
		mux.HandleFunc("/debug/pprof/", pprof.Index)
		mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	}
	if *recorder {
		mux.HandleFunc("/debug/flightrecorder", record())
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
	if *contention {
		runtime.SetMutexProfileFraction(1)
		runtime.SetBlockProfileRate(1)
	}
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
