package main

import (
	"bytes"
	"cmp"
	"compress/flate"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
)

// compressEach makes a compressor for every response.
func compressEach() {
	text := []byte(strings.Repeat("the same again and again, ", 200))
	for range 40 {
		var out bytes.Buffer
		writer, err := flate.NewWriter(&out, 6)
		if err != nil {
			panic(err)
		}
		writer.Write(text)
		writer.Close()
		kept = append(kept, out.Bytes())
	}
}

// growMaps lets maps of several key types grow from nothing.
func growMaps() {
	words := map[string][]int{}
	squares := map[[2]int]*int{}
	for i := range 20_000 {
		key := fmt.Sprintf("word-%d", i%700)
		words[key] = append(words[key], i)
		square := i * i
		squares[[2]int{i, square}] = &square
	}
	kept = append(kept, words, squares)
}

type tree[K cmp.Ordered, V any] struct {
	left, right *tree[K, V]
	key         K
	values      []V
}

func (t *tree[K, V]) insert(key K, value V) *tree[K, V] {
	if t == nil {
		return &tree[K, V]{key: key, values: []V{value}}
	}
	switch cmp.Compare(key, t.key) {
	case -1:
		t.left = t.left.insert(key, value)
	case 1:
		t.right = t.right.insert(key, value)
	default:
		t.values = append(t.values, value)
	}
	return t
}

func mapped[A, B any](in []A, f func(A) B) []B {
	out := make([]B, 0, 1)
	for _, a := range in {
		out = append(out, f(a))
	}
	return out
}

// useGenerics has type parameters, method values and closures in its names.
func useGenerics() {
	var numbers *tree[int, string]
	var names *tree[string, float64]
	for i := range 5_000 {
		numbers = numbers.insert(i*7919%4096, fmt.Sprint(i))
		names = names.insert(fmt.Sprint(i%900), float64(i))
	}
	lengths := mapped(mapped([]int{1, 2, 3}, func(i int) string { return strings.Repeat("x", i*9000) }),
		func(s string) []byte { return []byte(s) })
	sorted := slices.Clone(lengths)
	slices.SortFunc(sorted, bytes.Compare)
	kept = append(kept, numbers, names, sorted)
}

type node struct {
	children [2]*node
	payload  []byte
}

func newNode(size int) *node { return &node{payload: newPayload(size)} } // inlined

func newPayload(size int) []byte { return make([]byte, size) } // inlined into the one above

func even(depth int) *node {
	n := newNode(depth + 1)
	if depth > 0 {
		n.children[0] = odd(depth - 1)
	}
	return n
}

func odd(depth int) *node {
	n := newNode(2*depth + 1)
	if depth > 0 {
		n.children[1] = even(depth - 1)
	}
	return n
}

// recurse has stacks deeper than Go keeps, of two functions that call each other.
func recurse() {
	for depth := range 300 {
		kept = append(kept, even(depth))
	}
}

type message struct {
	ID       int               `json:"id"`
	Tags     []string          `json:"tags"`
	Extra    map[string]any    `json:"extra"`
	Children []message         `json:"children,omitempty"`
	Headers  map[string]string `json:"headers"`
}

// roundTripJSON encodes and decodes nested values by reflection.
func roundTripJSON() {
	for i := range 400 {
		in := message{ID: i, Tags: []string{"a", fmt.Sprint(i)}, Headers: map[string]string{"k": "v"},
			Extra: map[string]any{"n": i, "list": []any{1, "two", nil}}}
		in.Children = []message{in, in}
		raw, err := json.Marshal(in)
		if err != nil {
			panic(err)
		}
		var out message
		if err := json.Unmarshal(raw, &out); err != nil {
			panic(err)
		}
		if i%8 == 0 {
			kept = append(kept, out)
		}
	}
}

// fanOut allocates in goroutines: in closures, method values and deferred calls.
func fanOut() {
	var wait sync.WaitGroup
	results := make(chan []byte, 64)
	for i := range 64 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			defer func() { results <- bytes.Repeat([]byte{byte(i)}, 3000) }()
			fmt.Fprint(io.Discard, newNode(i*100), []int{i, i + 1})
		}()
	}
	wait.Wait()
	close(results)
	for result := range results {
		kept = append(kept, result)
	}
}
