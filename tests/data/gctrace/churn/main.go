// Command churn allocates at a given rate over a given live heap; its GODEBUG=gctrace=1 output is
// the test data beside it.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"time"
)

type node struct {
	next *node
	data [48]byte
}

var (
	live     = flag.Int("live", 32, "MiB kept reachable, as a list of small nodes")
	churn    = flag.Int("churn", 100, "MiB allocated a second")
	duration = flag.Duration("duration", 3*time.Second, "how long")
	forced   = flag.Duration("forced", 0, "call runtime.GC this often")
	leak     = flag.Int("leak", 0, "KiB a second that stay reachable")
	log      = flag.Duration("log", 0, "write a line of a log this often")

	list   *node
	leaked [][]byte
	sink   []byte
)

func grow(mib int) {
	for i := 0; i < mib<<20/64; i++ {
		list = &node{next: list}
	}
}

func every(period time.Duration, call func()) {
	if period > 0 {
		go func() {
			for range time.Tick(period) {
				call()
			}
		}()
	}
}

func main() {
	flag.Parse()
	grow(*live)
	every(*forced, runtime.GC)
	every(*log, func() { fmt.Fprintln(os.Stderr, time.Now().Format(time.RFC3339Nano), "GET /work 200") })
	const step = 5 * time.Millisecond
	end := time.Now().Add(*duration)
	for tick := time.Now(); tick.Before(end); tick = tick.Add(step) {
		for left := *churn << 20 / 200; left > 0; left -= 4096 {
			sink = make([]byte, 4096)
		}
		if *leak > 0 {
			leaked = append(leaked, make([]byte, *leak<<10/200))
		}
		time.Sleep(time.Until(tick.Add(step)))
	}
	runtime.KeepAlive(list)
	runtime.KeepAlive(leaked)
}
