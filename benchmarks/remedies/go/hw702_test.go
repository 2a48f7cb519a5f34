package remedies

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// what: one call over loopback whose answer of 20 KB is not read, left open or drained and closed
func BenchmarkHW702(b *testing.B) {
	b.Run("before", func(b *testing.B) { checkEach(b, false) })
	b.Run("after", func(b *testing.B) { checkEach(b, true) })
}

func checkEach(b *testing.B, closes bool) {
	page := make([]byte, 20_000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write(page)
	}))
	defer server.Close()
	transport := &http.Transport{}
	client := &http.Client{Transport: transport}
	var open []io.Closer
	closeAll := func() {
		for _, each := range open {
			each.Close()
		}
		open = open[:0]
		transport.CloseIdleConnections()
	}
	defer closeAll()
	b.ReportAllocs()
	for b.Loop() {
		resp, err := client.Get(server.URL)
		if err != nil {
			b.Fatal(err)
		}
		if closes {
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			continue
		}
		// Never closed in real life; here it would run out of files.
		if open = append(open, resp.Body); len(open) == 200 {
			b.StopTimer()
			closeAll()
			b.StartTimer()
		}
	}
}
