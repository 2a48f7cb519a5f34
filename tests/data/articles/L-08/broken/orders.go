//go:build goexperiment.arenas

// Package orders takes its orders from an arena. Arenas are an experiment that Go has put on hold:
// without it nothing here is built, and with it load returns memory that was just freed.
package orders

import "arena"

type order struct {
	id    int64
	items [8]int64
}

func load(ids []int64) *order {
	mem := arena.NewArena() // want HW806
	defer mem.Free()
	var last *order
	for _, id := range ids {
		last = arena.New[order](mem)
		last.id = id
	}
	return last
}
