package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
)

func init() { register("HW608", keysFromPool, keysGrown) }

var keyBuilders = sync.Pool{New: func() any { return new(strings.Builder) }}

func pooledKey(parts ...string) string {
	sb := keyBuilders.Get().(*strings.Builder)
	defer keyBuilders.Put(sb)
	sb.Reset()
	sb.WriteString(parts[0])
	sb.WriteString(parts[1])
	return sb.String()
}

func keysFromPool(w http.ResponseWriter, r *http.Request) {
	total := 0
	for range 2000 {
		total += len(pooledKey("a prefix of the service:", "and the path of the request"))
	}
	fmt.Fprintln(w, total)
}

func grownKey(parts ...string) string {
	var sb strings.Builder
	sb.Grow(len(parts[0]) + len(parts[1]))
	sb.WriteString(parts[0])
	sb.WriteString(parts[1])
	return sb.String()
}

func keysGrown(w http.ResponseWriter, r *http.Request) {
	total := 0
	for range 2000 {
		total += len(grownKey("a prefix of the service:", "and the path of the request"))
	}
	fmt.Fprintln(w, total)
}
