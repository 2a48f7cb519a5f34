package fixtures

import (
	"bufio"
	"encoding/csv"
	"io"
)

func counted(file io.Reader, handle func([]string)) error {
	reader := csv.NewReader(file)
	reader.ReuseRecord = true
	for {
		record, err := reader.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		handle(record)
	}
}

func prompts(in *bufio.Reader, answer func(string)) error {
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return err
		}
		answer(line)
	}
}
