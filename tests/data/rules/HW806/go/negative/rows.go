package negative

type row struct {
	id   int64
	name [48]byte
}

func sum(ids []int64) (total int64) {
	all := make([]row, len(ids))
	for i, id := range ids {
		all[i].id = id
		total += all[i].id
	}
	return total
}
