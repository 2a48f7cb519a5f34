// A little of everything that an execution trace can hold.
//
//	go run . TRACE ITERATIONS DURATION
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"strconv"
	"sync"
	"time"
)

var kept [16][]byte

func main() {
	out, err := os.Create(os.Args[1])
	check(err)
	iterations, err := strconv.Atoi(os.Args[2])
	check(err)
	duration, err := time.ParseDuration(os.Args[3])
	check(err)
	check(pprof.StartCPUProfile(io.Discard))
	check(trace.Start(out))
	ctx, task := trace.NewTask(context.Background(), "work")
	allocate(ctx, iterations)
	exchange(iterations)
	switchBetween(iterations)
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	spin(duration)
	task.End()
	trace.Stop()
	pprof.StopCPUProfile()
	check(out.Close())
}

// allocate makes garbage on several goroutines, so that some of them assist the collector.
func allocate(ctx context.Context, iterations int) {
	numbers := make(chan int)
	var workers sync.WaitGroup
	for w := 0; w < 4; w++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for i := range numbers {
				trace.WithRegion(ctx, "piece", func() { kept[i%len(kept)] = make([]byte, 256<<10) })
				trace.Log(ctx, "number", fmt.Sprint(i))
			}
		}()
	}
	for i := 0; i < iterations; i++ {
		numbers <- i
	}
	close(numbers)
	workers.Wait()
	runtime.GC()
}

// exchange waits for the network and for a lock.
func exchange(iterations int) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	var lock sync.Mutex
	lock.Lock()
	go func() {
		lock.Lock()
		defer lock.Unlock()
		connection, err := listener.Accept()
		check(err)
		_, err = io.Copy(connection, connection)
		check(err)
		connection.Close()
	}()
	time.Sleep(time.Millisecond)
	lock.Unlock()
	connection, err := net.Dial("tcp", listener.Addr().String())
	check(err)
	for i := 0; i < iterations/10; i++ {
		_, err = connection.Write([]byte{1})
		check(err)
		_, err = connection.Read(make([]byte, 1))
		check(err)
	}
	connection.Close()
	listener.Close()
}

// spin is seen by the CPU profiler.
func spin(duration time.Duration) {
	for begin := time.Now(); time.Since(begin) < duration; {
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
