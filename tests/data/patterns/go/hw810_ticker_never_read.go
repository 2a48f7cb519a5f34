package main

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

func init() { register("HW810", reportUnread, reportRead) }

func reportUnread(w http.ResponseWriter, r *http.Request) {
	unread := time.NewTicker(time.Minute)
	defer unread.Stop()
	fmt.Fprintln(w, len(strings.Repeat(r.URL.Path[:6], 10_000)))
}

func reportRead(w http.ResponseWriter, r *http.Request) {
	read := time.NewTicker(time.Minute)
	defer read.Stop()
	size := len(strings.Repeat(r.URL.Path[:6], 10_000))
	select {
	case <-read.C:
		http.Error(w, "too slow", http.StatusServiceUnavailable)
	default:
		fmt.Fprintln(w, size)
	}
}
