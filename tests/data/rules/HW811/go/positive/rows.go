package fixtures

import (
	"bufio"
	"encoding/csv"
	"io"
)

func counted(file io.Reader, handle func([]string)) {
	reader := csv.NewReader(file)
	reader.ReuseRecord = true
	for i := 0; i < 10_000_000; i++ {
		record, _ := reader.Read() // want HW811
		handle(record)
	}
}

func endless(reader *csv.Reader, out chan<- string) {
	for {
		record, _ := reader.Read() // want HW811
		for _, field := range record {
			out <- field
		}
	}
}

func prompts(in *bufio.Reader, answer func(string)) {
	for {
		line, _ := in.ReadString('\n') // want HW811
		answer(line)
	}
}
