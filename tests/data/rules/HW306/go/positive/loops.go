package fixtures

import (
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
)

type event struct{ Name string }

func follow(r io.Reader, handle func(event)) {
	decoder := json.NewDecoder(r)
	for {
		var got event
		err := decoder.Decode(&got)
		if err == io.EOF {
			break
		}
		if err != nil {
			log.Print(err)
			continue // want HW306
		}
		handle(got)
	}
}

func serve(conn net.Conn, handle func(event)) error {
	decoder := json.NewDecoder(conn)
	for {
		var got event
		if err := decoder.Decode(&got); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			continue // want HW306
		}
		handle(got)
	}
}

func all(r io.Reader) (found []event) {
	decoder := json.NewDecoder(r)
	for decoder.More() {
		var got event
		if err := decoder.Decode(&got); err != nil {
			continue // want HW306
		}
		found = append(found, got)
	}
	return found
}

func count(r io.Reader) (number int) {
	decoder := json.NewDecoder(r)
	for decoder.More() {
		var got event
		decoder.Decode(&got) // want HW306
		number++
	}
	return number
}
