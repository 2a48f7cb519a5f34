// Command gotrace writes an execution trace of itself to its standard output: a server that allocates
// under a lock, with tasks and regions, and clients that wait for it.
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"runtime/trace"
	"sync"
	"time"
)

type node struct {
	next *node
	fill [6]int
}

var (
	live *node
	sink []byte
	lock sync.Mutex
)

func allocate(ctx context.Context, rounds int) {
	for range rounds {
		trace.WithRegion(ctx, "burn", func() {
			for range 500 {
				sink = make([]byte, 4096)
				local := &node{}
				local.next = &node{}
				sink[0] = byte(local.next.fill[0])
			}
		})
	}
}

func contend(wait *sync.WaitGroup) {
	defer wait.Done()
	for range 50 {
		lock.Lock()
		time.Sleep(50 * time.Microsecond)
		lock.Unlock()
	}
}

func main() {
	for range 100_000 {
		live = &node{next: live}
	}
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, task := trace.NewTask(r.Context(), "request")
		defer task.End()
		allocate(ctx, 1)
		trace.Log(ctx, "note", "answered")
		fmt.Fprintln(w, "done")
	}))
	runtime.GC() // so that none is under way when the trace begins
	if err := trace.Start(os.Stdout); err != nil {
		panic(err)
	}
	var wait sync.WaitGroup
	for range 4 {
		wait.Add(2)
		go contend(&wait)
		go func() {
			defer wait.Done()
			for range 15 {
				answer, err := http.Get(service.URL)
				if err != nil {
					panic(err)
				}
				io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
			}
		}()
	}
	wait.Wait()
	runtime.GC()
	trace.Stop()
	service.Close()
	runtime.KeepAlive(live)
}
