package fixtures

import (
	"net/http"
	"strconv"
)

func table(w http.ResponseWriter, sizes []int) {
	var line []byte
	for _, size := range sizes {
		line = strconv.AppendInt(line[:0], int64(size), 10)
		line = append(line, '\n')
		w.Write(line)
	}
}
