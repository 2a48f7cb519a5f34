//go:build go1.21

package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
)

func init() { register("HW803", chaptersShared, chaptersOwned) }

var chapters = []string{"one ", "two ", "ten "}

func chaptersShared(w http.ResponseWriter, r *http.Request) {
	var all sync.WaitGroup
	var texts [3]string
	for i, chapter := range chapters {
		all.Add(1)
		go func(i int) {
			defer all.Done()
			texts[i] = strings.Repeat(chapter, 10_000)
		}(i)
	}
	all.Wait()
	fmt.Fprintln(w, len(texts[0])+len(texts[1])+len(texts[2]))
}

func chaptersOwned(w http.ResponseWriter, r *http.Request) {
	var all sync.WaitGroup
	var texts [3]string
	for i, chapter := range chapters {
		i, chapter := i, chapter
		all.Add(1)
		go func() {
			defer all.Done()
			texts[i] = strings.Repeat(chapter, 10_000)
		}()
	}
	all.Wait()
	fmt.Fprintln(w, len(texts[0])+len(texts[1])+len(texts[2]))
}
