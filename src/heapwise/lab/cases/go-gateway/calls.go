package main

import (
	"net/http"
	"time"
)

// patience is how long the other service may take.
const patience = 2 * time.Second

// call asks the other service.
type call func(request *http.Request) (*http.Response, error)

// calls are the ways to do that, by the value of the flag.
var calls = map[string]call{"each": callEach, "shared": shared.Do, "kept": kept.Do}

// callEach has a transport of its own for every call, and with it a connection that nobody uses
// again.
func callEach(request *http.Request) (*http.Response, error) {
	client := &http.Client{
		Timeout:   patience,
		Transport: &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: 90 * time.Second},
	}
	return client.Do(request)
}

// shared is one client for all calls; its transport keeps two idle connections of each host.
var shared = &http.Client{Timeout: patience}

// kept keeps as many connections as there are calls at once.
var kept = &http.Client{
	Timeout:   patience,
	Transport: &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: 90 * time.Second},
}
