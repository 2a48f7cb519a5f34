package main

import (
	"io"
	"net/http"
	"regexp"
)

// slugs makes what titles are linked by.
func slugs(w http.ResponseWriter, _ *http.Request) {
	for range 100 {
		io.WriteString(w, slug("A title  of words"))
	}
}

func slug(title string) string {
	return regexp.MustCompile(`\s+`).ReplaceAllString(title, "-")
}
