//go:build go1.25

package main

import (
	"net/http"
	"runtime/trace"
	"time"
)

// record keeps the last seconds of an execution trace and hands them out.
func record() http.HandlerFunc {
	flight := trace.NewFlightRecorder(trace.FlightRecorderConfig{MinAge: 2 * time.Second})
	if err := flight.Start(); err != nil {
		panic(err)
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		if _, err := flight.WriteTo(w); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	}
}
