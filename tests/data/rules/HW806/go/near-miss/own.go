package nearmiss

// An arena of one's own, in memory that the collector looks after.
type chunks struct{ free []byte }

func (c *chunks) NewArena() []byte {
	if len(c.free) < 64 {
		c.free = make([]byte, 1024)
	}
	taken := c.free[:64:64]
	c.free = c.free[64:]
	return taken
}

var arena chunks

const word = "arena"

func fill(data []byte) []byte {
	mine := arena.NewArena()
	copy(mine, word)
	copy(mine[len(word):], data)
	return mine
}
