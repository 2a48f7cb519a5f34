package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
)

func init() { register("HW605", noteLeft, noteReset) }

type note struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

var (
	notePool    = sync.Pool{New: func() any { return new(note) }}
	noteMessage = []byte(`{"id": "n-17", "text": "` + strings.Repeat("a word ", 15_000) + `"}`)
)

func noteLeft(w http.ResponseWriter, r *http.Request) {
	one := notePool.Get().(*note)
	defer notePool.Put(one)
	if err := json.Unmarshal(noteMessage, one); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	fmt.Fprintln(w, one.ID, len(one.Text))
}

func noteReset(w http.ResponseWriter, r *http.Request) {
	one := notePool.Get().(*note)
	defer notePool.Put(one)
	*one = note{}
	if err := json.Unmarshal(noteMessage, one); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	fmt.Fprintln(w, one.ID, len(one.Text))
}
