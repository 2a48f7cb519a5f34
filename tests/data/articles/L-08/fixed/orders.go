// Package orders has its orders side by side in one slice, which the collector takes as a whole.
package orders

type order struct {
	id    int64
	items [8]int64
}

func load(ids []int64) *order {
	orders := make([]order, len(ids))
	for i, id := range ids {
		orders[i].id = id
	}
	if len(orders) == 0 {
		return nil
	}
	return &orders[len(orders)-1]
}
