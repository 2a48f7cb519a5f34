package remedies

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

func downstream(b *testing.B) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"cents": 1999}`)
	}))
	b.Cleanup(server.Close)
	return server.URL
}

func call(b *testing.B, client *http.Client, url string) {
	resp, err := client.Get(url)
	if err != nil {
		b.Fatal(err)
	}
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
}

// what: one call over loopback, with a transport of its own or with a kept one
func BenchmarkHW701(b *testing.B) {
	b.Run("before", func(b *testing.B) {
		url := downstream(b)
		b.ReportAllocs()
		for b.Loop() {
			transport := &http.Transport{MaxIdleConnsPerHost: 10}
			call(b, &http.Client{Transport: transport}, url)
			// Dropped without this in real life; here it would run out of ports.
			transport.CloseIdleConnections()
		}
	})
	b.Run("after", func(b *testing.B) {
		url := downstream(b)
		transport := &http.Transport{MaxIdleConnsPerHost: 10}
		defer transport.CloseIdleConnections()
		client := &http.Client{Transport: transport}
		b.ReportAllocs()
		for b.Loop() {
			call(b, client, url)
		}
	})
}
