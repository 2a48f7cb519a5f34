// Command profiles writes one profile of each kind into a folder, with labels where there can be any;
// what Go also writes as text stands beside it, of the same moment.
//
//	profiles FOLDER
package main

import (
	"context"
	"crypto/sha256"
	"log"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"sync"
	"time"
)

func main() {
	folder := os.Args[1]
	runtime.SetBlockProfileRate(1)
	runtime.SetMutexProfileFraction(1)
	write(folder, "cpu", func(file *os.File) error {
		if err := pprof.StartCPUProfile(file); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
		for tenant := range 3 {
			labels := pprof.Labels("tenant", "t"+strconv.Itoa(tenant), "kind", "hash")
			pprof.Do(context.Background(), labels, func(context.Context) { burn(150 * time.Millisecond) })
		}
		burn(50 * time.Millisecond)
		return nil
	})
	contend()
	release := park(20)
	runtime.GC() // publishes what was allocated, and no other collection moves it from here on
	debug.SetGCPercent(-1)
	for _, name := range []string{"goroutine", "mutex", "block", "allocs", "heap", "threadcreate"} {
		write(folder, name, func(file *os.File) error { return pprof.Lookup(name).WriteTo(file, 0) })
		writeText(folder, name)
	}
	close(release)
}

func writeText(folder, name string) {
	create(filepath.Join(folder, name+".txt"), func(file *os.File) error {
		return pprof.Lookup(name).WriteTo(file, 1)
	})
}

func write(folder, name string, fill func(*os.File) error) {
	create(filepath.Join(folder, name+".pb.gz"), fill)
}

func create(path string, fill func(*os.File) error) {
	file, err := os.Create(path)
	if err != nil {
		log.Fatal(err)
	}
	if err := fill(file); err != nil {
		log.Fatal(err)
	}
	if err := file.Close(); err != nil {
		log.Fatal(err)
	}
}

// burn hashes for a while, in functions small enough to be inlined.
func burn(long time.Duration) {
	sum := sha256.Sum256([]byte("start"))
	for end := time.Now().Add(long); time.Now().Before(end); {
		sum = twice(sum)
	}
	runtime.KeepAlive(sum)
}

func twice(sum [32]byte) [32]byte { return once(once(sum)) }

func once(sum [32]byte) [32]byte { return sha256.Sum256(sum[:]) }

// contend lets goroutines wait for one lock and for one channel.
func contend() {
	var lock sync.Mutex
	var wait sync.WaitGroup
	slow := make(chan int)
	for range 8 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for range 5 {
				lock.Lock()
				time.Sleep(time.Millisecond)
				lock.Unlock()
			}
			slow <- 1
		}()
	}
	for range 8 {
		<-slow
	}
	wait.Wait()
}

// park leaves labelled goroutines waiting until the channel is closed.
func park(count int) chan struct{} {
	release := make(chan struct{})
	for i := range count {
		labels := pprof.Labels("worker", strconv.Itoa(i%4))
		go pprof.Do(context.Background(), labels, func(context.Context) { <-release })
	}
	return release
}
