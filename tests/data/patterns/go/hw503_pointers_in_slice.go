package main

import (
	"fmt"
	"net/http"
)

func init() { register("HW503", sumOverPointers, sumOverValues) }

type weighedStation struct {
	city   string
	id     int
	weight float64
}

func pointersSummed(all []station) int {
	found := make([]*weighedStation, 0, len(all))
	for _, each := range all {
		found = append(found, &weighedStation{each.name, each.id, 1})
	}
	sum := 0
	for _, each := range found {
		sum += each.id
	}
	return sum
}

func sumOverPointers(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, pointersSummed(stations))
}

func valuesSummed(all []station) int {
	found := make([]weighedStation, 0, len(all))
	for _, each := range all {
		found = append(found, weighedStation{each.name, each.id, 1})
	}
	sum := 0
	for _, each := range found {
		sum += each.id
	}
	return sum
}

func sumOverValues(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, valuesSummed(stations))
}
