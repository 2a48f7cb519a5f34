package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
)

func init() { register("HW813", workUnawaited, workAwaited) }

const chunksOfWork = 100

func workUnawaited(w http.ResponseWriter, r *http.Request) {
	var done atomic.Int64
	chunks := make(chan string)
	for range 2 {
		go func() {
			for chunk := range chunks {
				done.Add(int64(len(chunk)))
			}
		}()
	}
	for range chunksOfWork {
		chunks <- strings.Repeat(r.URL.Path[:6], 200)
	}
	close(chunks)
	fmt.Fprintln(w, chunksOfWork)
}

func workAwaited(w http.ResponseWriter, r *http.Request) {
	var done atomic.Int64
	chunks := make(chan string)
	var busy sync.WaitGroup
	for range 2 {
		busy.Add(1)
		go func() {
			defer busy.Done()
			for chunk := range chunks {
				done.Add(int64(len(chunk)))
			}
		}()
	}
	for range chunksOfWork {
		chunks <- strings.Repeat(r.URL.Path[:6], 200)
	}
	close(chunks)
	busy.Wait()
	fmt.Fprintln(w, chunksOfWork)
}
