// Command tailservice is slow now and then, for one reason at a time, while it collects garbage.
//
//	gc     a large live set of small nodes, a tight heap: requests pay mark assist
//	mutex  some requests hold a lock that all need
//	sleep  some requests wait
//	burn   now and then every processor computes something that allocates nothing
//
// It prints "listening HOST:PORT" once it can be reached.
package main

import (
	"flag"
	"fmt"
	"math/rand"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

var (
	listen = flag.String("listen", "127.0.0.1:0", "address")
	mode   = flag.String("mode", "", "gc, mutex, sleep, burn, or nothing")
	stall  = flag.Duration("stall", 40*time.Millisecond, "how long it is slow")
)

type node struct {
	next *node
	load [3]uintptr
}

var (
	keep  [64]*node
	sink  atomic.Pointer[node]
	lock  sync.Mutex
	spent atomic.Uint64
)

// build makes a list of small nodes: what a collector likes least.
func build(count int) *node {
	var head *node
	for range make([]struct{}, count) {
		head = &node{next: head}
	}
	return head
}

// churn allocates so many bytes a second, a little at a time, whatever the requests do.
func churn(rate int) {
	const perSecond = 500
	for range time.Tick(time.Second / perSecond) {
		sink.Store(build(rate / perSecond / 32))
	}
}

func burn(until time.Time) {
	value := uint64(1)
	for time.Now().Before(until) {
		for step := 0; step < 2000; step++ {
			value = value*6364136223846793005 + 1442695040888963407
		}
	}
	spent.Add(value)
}

// burnAtTimes takes every processor away, at random.
func burnAtTimes() {
	for {
		time.Sleep(time.Duration(rand.ExpFloat64() * float64(500*time.Millisecond)))
		until := time.Now().Add(*stall)
		for range make([]struct{}, 2*runtime.GOMAXPROCS(0)) {
			go burn(until)
		}
	}
}

func work(w http.ResponseWriter, _ *http.Request) {
	chosen := rand.Float64()
	switch *mode {
	case "gc":
		if chosen < 0.1 {
			sink.Store(build(60_000))
		}
	case "mutex":
		lock.Lock()
		if chosen < 0.003 {
			time.Sleep(*stall)
		}
		lock.Unlock()
	case "sleep":
		if chosen < 0.02 {
			time.Sleep(*stall)
		}
	}
	sink.Store(build(100))
	fmt.Fprintln(w, "done")
}

func main() {
	flag.Parse()
	live, rate := 24<<20, 60<<20
	if *mode == "gc" {
		live, rate = 64<<20, 20<<20
		debug.SetGCPercent(120)
	}
	if *mode == "mutex" {
		runtime.SetMutexProfileFraction(1)
	}
	for index := range keep {
		keep[index] = build(live / len(keep) / 32)
	}
	go churn(rate)
	if *mode == "burn" {
		go burnAtTimes()
	}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		fmt.Fprintln(os.Stderr, "tailservice:", err)
		os.Exit(1)
	}
	fmt.Println("listening", listener.Addr())
	http.HandleFunc("/work", work)
	fmt.Fprintln(os.Stderr, "tailservice:", http.Serve(listener, nil))
	os.Exit(1)
}
