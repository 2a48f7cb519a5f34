package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
)

// downstream is a server that this service calls; it starts with the first call.
var downstream = sync.OnceValue(func() string {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "7")
	})).URL
})
