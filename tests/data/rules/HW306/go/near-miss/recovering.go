package fixtures

import (
	"bufio"
	"encoding/gob"
	"encoding/json"
	"io"
	"log"
	"strings"
)

type event struct{ Name string }

// A decoder of its own for each line.
func lines(r io.Reader, handle func(event)) {
	scanner := bufio.NewScanner(r)
	for scanner.Scan() {
		decoder := json.NewDecoder(strings.NewReader(scanner.Text()))
		var got event
		if err := decoder.Decode(&got); err != nil {
			continue
		}
		handle(got)
	}
}

// A number of tries.
func tries(r io.Reader) (got event) {
	decoder := json.NewDecoder(r)
	for range 3 {
		if err := decoder.Decode(&got); err != nil {
			continue
		}
		break
	}
	return got
}

// Only what has the wrong type is passed over.
func tolerant(r io.Reader, handle func(event)) error {
	decoder := json.NewDecoder(r)
	for decoder.More() {
		var got event
		if err := decoder.Decode(&got); err != nil {
			if _, ok := err.(*json.UnmarshalTypeError); !ok {
				return err
			}
			continue
		}
		handle(got)
	}
	return nil
}

// Token meets the same error.
func members(r io.Reader, handle func(event)) error {
	decoder := json.NewDecoder(r)
	if _, err := decoder.Token(); err != nil {
		return err
	}
	for decoder.More() {
		if _, err := decoder.Token(); err != nil {
			return err
		}
		var got event
		if err := decoder.Decode(&got); err != nil {
			continue
		}
		handle(got)
	}
	return nil
}

// Whatever it is, it ends the loop.
func greedy(r io.Reader) (found []event) {
	decoder := json.NewDecoder(r)
	for {
		var got event
		if err := decoder.Decode(&got); err != nil {
			log.Print(err)
			break
		}
		found = append(found, got)
	}
	return found
}

// Another decoder.
func binary(r io.Reader, handle func(event)) {
	decoder := gob.NewDecoder(r)
	for {
		var got event
		err := decoder.Decode(&got)
		if err == io.EOF {
			break
		}
		if err != nil {
			continue
		}
		handle(got)
	}
}
