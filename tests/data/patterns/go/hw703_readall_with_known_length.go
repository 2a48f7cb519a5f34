package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
)

func init() { register("HW703", readGrowing, readKnown) }

var announcedBody = bytes.Repeat([]byte("x"), 100<<10)

// withBody gives a request the body that the one of the test has not.
func withBody(r *http.Request) *http.Request {
	with := r.Clone(r.Context())
	with.Body = io.NopCloser(bytes.NewReader(announcedBody))
	with.ContentLength = int64(len(announcedBody))
	return with
}

func bodyGrowing(r *http.Request) ([]byte, error) {
	return io.ReadAll(r.Body)
}

func readGrowing(w http.ResponseWriter, r *http.Request) { answerLength(w, r, bodyGrowing) }

const maxAnnounced = 1 << 20

func bodyKnown(r *http.Request) ([]byte, error) {
	if r.ContentLength < 0 || r.ContentLength > maxAnnounced {
		return io.ReadAll(io.LimitReader(r.Body, maxAnnounced))
	}
	body := make([]byte, r.ContentLength)
	_, err := io.ReadFull(r.Body, body)
	return body, err
}

func readKnown(w http.ResponseWriter, r *http.Request) { answerLength(w, r, bodyKnown) }

func answerLength(w http.ResponseWriter, r *http.Request, read func(*http.Request) ([]byte, error)) {
	body, err := read(withBody(r))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	fmt.Fprintln(w, len(body))
}
