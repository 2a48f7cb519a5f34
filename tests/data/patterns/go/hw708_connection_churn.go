package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"time"
)

func init() {
	register("HW708", fanOut(&http.Transport{}), fanOut(&http.Transport{MaxIdleConnsPerHost: 16}))
}

// slowDownstream takes its time, so that calls to it overlap.
var slowDownstream = sync.OnceValue(func() string {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(2 * time.Millisecond)
		io.WriteString(w, "7")
	})).URL
})

// fanOut calls the downstream 16 times at once.
func fanOut(transport *http.Transport) http.HandlerFunc {
	client := &http.Client{Transport: transport}
	return func(w http.ResponseWriter, r *http.Request) {
		var total atomic.Int64
		var all sync.WaitGroup
		for range 16 {
			all.Add(1)
			go func() {
				defer all.Done()
				resp, err := client.Get(slowDownstream())
				if err != nil {
					return
				}
				defer resp.Body.Close()
				n, _ := io.Copy(io.Discard, resp.Body)
				total.Add(n)
			}()
		}
		all.Wait()
		fmt.Fprintln(w, total.Load())
	}
}
