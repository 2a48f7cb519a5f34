package main

import (
	"fmt"
	"net/http"
	"strings"
)

func init() { register("HW801", treeHeld, treeReleased) }

// Deep enough to wait for a slot that nobody gives back: eight levels would never end.
const treeDepth = 6

func heldTree(depth int, sem chan struct{}) int {
	sem <- struct{}{}
	defer func() { <-sem }()
	label := strings.Repeat("leaf ", 100)
	if depth == 0 {
		return len(label)
	}
	return len(label) + heldTree(depth-1, sem) + heldTree(depth-1, sem)
}

func treeHeld(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, heldTree(treeDepth, make(chan struct{}, 8)))
}

func releasedTree(depth int, sem chan struct{}) int {
	sem <- struct{}{}
	label := strings.Repeat("leaf ", 100)
	<-sem
	if depth == 0 {
		return len(label)
	}
	return len(label) + releasedTree(depth-1, sem) + releasedTree(depth-1, sem)
}

func treeReleased(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, releasedTree(treeDepth, make(chan struct{}, 8)))
}
