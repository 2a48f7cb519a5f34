//go:build goexperiment.arenas

package positive

import "arena"

type row struct {
	id   int64
	name [48]byte
}

func sum(ids []int64) (total int64) {
	mem := arena.NewArena() // want HW806
	defer mem.Free()
	for _, id := range ids {
		each := arena.New[row](mem)
		each.id = id
		total += each.id
	}
	return total
}

var shared = arena.NewArena() // want HW806
