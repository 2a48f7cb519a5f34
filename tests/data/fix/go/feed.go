package main

import (
	"fmt"
	"io"
	"net/http"
)

const entries = 2000

// feed answers with one line an entry.
func feed(w http.ResponseWriter, _ *http.Request) {
	written := 0
	for i := range entries {
		written += len(key(1_000_000 + i))
	}
	io.WriteString(w, joined(written))
}

// key is the name of an entry.
func key(number int) string {
	return fmt.Sprintf("%d", number)
}

func joined(count int) string {
	line := ""
	for range 200 {
		line += "entry "
	}
	return line[:count%100]
}
