package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
)

func init() { register("HW606", entriesShared, entriesOwned) }

type entry struct{ text string }

type journal struct{ entries []*entry }

var entryPool = sync.Pool{New: func() any { return new(entry) }}

func (j *journal) addPooled(path string) {
	one := entryPool.Get().(*entry)
	defer entryPool.Put(one)
	*one = entry{strings.Repeat(path, 50)}
	j.entries = append(j.entries, one)
}

func entriesShared(w http.ResponseWriter, r *http.Request) {
	var all journal
	for range 200 {
		all.addPooled(r.URL.Path)
	}
	fmt.Fprintln(w, len(all.entries))
}

func (j *journal) add(path string) {
	one := &entry{strings.Repeat(path, 50)}
	j.entries = append(j.entries, one)
}

func entriesOwned(w http.ResponseWriter, r *http.Request) {
	var all journal
	for range 200 {
		all.add(r.URL.Path)
	}
	fmt.Fprintln(w, len(all.entries))
}
