// Command watched is a service built to deserve the alerts of heapwise watch, one route each, and
// with -fixed the same service after somebody has mended it.
//
// It prints "listening HOST:PORT" once it can be reached.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

var (
	fixed  = flag.Bool("fixed", false, "as it is after the fix")
	retain = flag.Int("retain", 0, "MiB of small objects that point to each other, kept alive")
	leaks  = flag.Int("leaks", 0, "MiB that /leak remembers a second, however often it is asked")

	requests atomic.Int64
)

// node is what a collector has to visit one by one.
type node struct {
	next *node
	data [48]byte
}

var (
	kept *node
	flat []byte
)

// keep holds so many MiB: node by node, or fixed as one array without pointers.
func keep(mib int) {
	if *fixed {
		flat = make([]byte, mib<<20)
		return
	}
	for range mib << 20 / 64 {
		kept = &node{next: kept}
	}
}

var buffers = sync.Pool{New: func() any { return new([1 << 16]byte) }}

// churn allocates a thousand objects anew, or fixed uses one buffer again.
func churn(w http.ResponseWriter, _ *http.Request) {
	if *fixed {
		buffer := buffers.Get().(*[1 << 16]byte)
		buffer[0]++
		buffers.Put(buffer)
		garbage(500)
	} else {
		garbage(1000)
	}
	done(w)
}

//go:noinline
func garbage(objects int) {
	var chain *node
	for range objects {
		chain = &node{next: chain}
	}
	_ = chain
}

// burst makes several goroutines allocate objects with pointers at the same time, as fast as they
// can; fixed they work in memory that they have.
func burst(w http.ResponseWriter, _ *http.Request) {
	var workers sync.WaitGroup
	for range 4 {
		workers.Add(1)
		go func() {
			defer workers.Done()
			if *fixed {
				var chain [512]node
				for index := range 20_000 {
					chain[index%len(chain)].data[0]++
				}
				garbage(500)
				return
			}
			garbage(20_000)
		}()
	}
	workers.Wait()
	done(w)
}

var (
	history [][]byte
	last    = time.Now()
	lock    sync.Mutex
)

// since is the time since it was last asked: what grows with it does so however busy the machine is.
func since() time.Duration {
	lock.Lock()
	defer lock.Unlock()
	passed := time.Since(last)
	last = last.Add(passed)
	return passed
}

// leak remembers 64 KiB of each request, or what -leaks says, or fixed only the newest of it; working
// on it takes many times as much for a moment.
func leak(w http.ResponseWriter, _ *http.Request) {
	came, works := 64<<10, 8<<20
	if *leaks > 0 {
		came = int(since().Seconds() * float64(*leaks<<20))
		works = 25 * came
	}
	lock.Lock()
	if *fixed {
		history = nil
	}
	history = append(history, make([]byte, came))
	lock.Unlock()
	for ; works > 0; works -= 1 << 20 {
		sink = make([]byte, min(works, 1<<20))
	}
	done(w)
}

// abandon asks somebody for each millisecond since the last request, and waits for none of the
// answers: nobody receives, and they wait for ever; fixed each answer has a place to stay.
func abandon(w http.ResponseWriter, _ *http.Request) {
	room := 0
	if *fixed {
		room = 1
	}
	for range since().Milliseconds() {
		answer := make(chan int, room)
		go func() { answer <- 1 }()
	}
	done(w)
}

// copying allocates 64 KiB for a request, times as often as it is told.
func copying(w http.ResponseWriter, r *http.Request) {
	times, _ := strconv.Atoi(r.FormValue("times"))
	for range times {
		sink = make([]byte, 64<<10)
	}
	done(w)
}

var sink []byte

func done(w http.ResponseWriter) {
	requests.Add(1)
	fmt.Fprintln(w, "done")
}

func main() {
	flag.Parse()
	if *fixed {
		debug.SetGCPercent(100)
	}
	keep(*retain)
	http.HandleFunc("/churn", churn)
	http.HandleFunc("/burst", burst)
	http.HandleFunc("/leak", leak)
	http.HandleFunc("/abandon", abandon)
	http.HandleFunc("/copying", copying)
	http.HandleFunc("/metrics", page)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Fprintln(os.Stdout, "listening", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}
