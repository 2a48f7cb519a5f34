//go:build !go1.25

package main

import "net/http"

// record has nothing to hand out: the flight recorder came with Go 1.25.
func record() http.HandlerFunc {
	return http.NotFound
}
