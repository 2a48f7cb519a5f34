// A buffer of 64 KB is said to make reading faster: no difference. ReuseRecord is what helps.
package claims

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
)

func count(file io.Reader) (int, error) {
	rows := csv.NewReader(bufio.NewReader(file))
	rows.ReuseRecord = true
	n := 0
	for {
		if _, err := rows.Read(); errors.Is(err, io.EOF) {
			return n, nil
		} else if err != nil {
			return n, err
		}
		n++
	}
}
