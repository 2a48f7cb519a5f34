package remedies

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"testing"
)

var output807 = bufio.NewWriter(io.Discard)

// what: write a line of two numbers
func BenchmarkHW807(b *testing.B) {
	b.Run("before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			fmt.Fprintf(output807, "%d,%d\n", number402, count404)
		}
	})
	b.Run("after", func(b *testing.B) {
		b.ReportAllocs()
		var row []byte
		for b.Loop() {
			row = strconv.AppendInt(row[:0], int64(number402), 10)
			row = append(row, ',')
			row = strconv.AppendInt(row, int64(count404), 10)
			row = append(row, '\n')
			output807.Write(row)
		}
	})
}
