package remedies

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

const callers = 16

// what: 160 calls over loopback by 16 goroutines at once, 2 or 16 idle connections kept
func BenchmarkHW708(b *testing.B) {
	b.Run("before", func(b *testing.B) { callAtOnce(b, 0) })
	b.Run("after", func(b *testing.B) { callAtOnce(b, callers) })
}

func callAtOnce(b *testing.B, idlePerHost int) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(time.Millisecond)
		io.WriteString(w, `{"cents": 1999}`)
	}))
	defer server.Close()
	transport := &http.Transport{MaxIdleConnsPerHost: idlePerHost}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	b.ReportAllocs()
	for b.Loop() {
		var all sync.WaitGroup
		for range callers {
			all.Add(1)
			go func() {
				defer all.Done()
				for range 10 {
					call(b, client, server.URL)
				}
			}()
		}
		all.Wait()
	}
}
