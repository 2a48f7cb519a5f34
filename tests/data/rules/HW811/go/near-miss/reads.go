package fixtures

import (
	"bufio"
	"encoding/csv"
	"io"
	"strings"
)

// Nothing is how it learns of the end.
func untilEmpty(in *bufio.Reader, answer func(string)) {
	for {
		line, _ := in.ReadString('\n')
		if line == "" {
			return
		}
		answer(line)
	}
}

// A head of three lines is there, or the file is none of ours.
func head(in *bufio.Reader) (lines []string) {
	for i := 0; i < 3; i++ {
		line, _ := in.ReadString('\n')
		lines = append(lines, strings.TrimSpace(line))
	}
	return lines
}

// One row, and no loop that goes on.
func names(file io.Reader) []string {
	record, _ := csv.NewReader(file).Read()
	return record
}

type source struct{}

func (source) Read() (string, error) { return "", nil }

// Nobody knows what the error of this reader means.
func others(from source, handle func(string)) {
	for i := 0; i < 1000; i++ {
		item, _ := from.Read()
		handle(item)
	}
}

// The error is not what is dropped.
func skipped(reader *csv.Reader) (n int, err error) {
	for {
		if _, err := reader.Read(); err != nil {
			return n, err
		}
		n++
	}
}
