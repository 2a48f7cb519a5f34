package remedies

import (
	"bytes"
	"strconv"
	"testing"
)

var (
	line405   []byte
	buffer405 bytes.Buffer
)

// what: append the number 12345 to a buffer that has room
func BenchmarkHW405(b *testing.B) {
	b.Run("before", func(b *testing.B) {
		b.ReportAllocs()
		line405 = make([]byte, 0, 64)
		for b.Loop() {
			line405 = append(line405[:0], strconv.Itoa(number402)...)
		}
	})
	b.Run("after", func(b *testing.B) {
		b.ReportAllocs()
		line405 = make([]byte, 0, 64)
		for b.Loop() {
			line405 = strconv.AppendInt(line405[:0], int64(number402), 10)
		}
	})
	b.Run("buffer/before", func(b *testing.B) {
		b.ReportAllocs()
		buffer405.Grow(64)
		for b.Loop() {
			buffer405.Reset()
			buffer405.WriteString(strconv.Itoa(number402))
		}
	})
	b.Run("buffer/after", func(b *testing.B) {
		b.ReportAllocs()
		buffer405.Grow(64)
		for b.Loop() {
			buffer405.Reset()
			buffer405.Write(strconv.AppendInt(buffer405.AvailableBuffer(), int64(number402), 10))
		}
	})
}
