package fixtures

import (
	"bufio"
	"fmt"
	"net/http"
)

type row struct {
	id   uint32
	size int64
	name string
}

func table(w http.ResponseWriter, rows []row) {
	for _, each := range rows {
		fmt.Fprintf(w, "%d,%d\n", each.id, each.size) // want HW807
	}
}

func names(out *bufio.Writer, rows []row) {
	for _, each := range rows {
		fmt.Fprintf(out, "%d: <%s>\n", each.size, each.name) // want HW807
	}
	out.Flush()
}

func codes(w http.ResponseWriter, counts map[int]int) {
	for code, count := range counts {
		fmt.Fprintf(w, "%d %d\n", code, count) // want HW807
	}
}
