package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
)

func init() { register("HW504", greetingsKept, greetingsBounded) }

var (
	greetingsMu sync.Mutex
	greetings   = map[string]string{}
	lastFew     = map[string]string{}
)

func greetingsKept(w http.ResponseWriter, r *http.Request) {
	greetingsMu.Lock()
	defer greetingsMu.Unlock()
	if greetings[r.RemoteAddr] == "" {
		greetings[r.RemoteAddr] = strings.Repeat("hello ", 10_000)
	}
	fmt.Fprintln(w, len(greetings[r.RemoteAddr]))
}

func greetingsBounded(w http.ResponseWriter, r *http.Request) {
	greetingsMu.Lock()
	defer greetingsMu.Unlock()
	if len(lastFew) > 10 {
		clear(lastFew)
	}
	if lastFew[r.RemoteAddr] == "" {
		lastFew[r.RemoteAddr] = strings.Repeat("hello ", 10_000)
	}
	fmt.Fprintln(w, len(lastFew[r.RemoteAddr]))
}
