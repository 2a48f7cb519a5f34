package fixtures

import (
	"bufio"
	"bytes"
	"strconv"
)

type event struct {
	at   int64
	seq  uint64
	name string
	out  *bufio.Writer
}

func (e event) encode(b []byte) []byte {
	b = append(b, strconv.FormatInt(e.at, 10)...) // want HW405
	b = append(b, ' ')
	b = append(b, strconv.FormatUint(e.seq, 16)...) // want HW405
	return append(b, strconv.Quote(e.name)...)      // want HW405
}

func (e *event) write(size int) {
	e.out.WriteString(strconv.Itoa(size)) // want HW405
}

func page(sizes []int) string {
	var out bytes.Buffer
	for _, size := range sizes {
		out.WriteString(strconv.Itoa(size)) // want HW405
		out.WriteByte('\n')
	}
	return out.String()
}
