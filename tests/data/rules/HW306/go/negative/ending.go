package fixtures

import (
	"encoding/json"
	"io"
)

type event struct{ Name string }

func follow(r io.Reader, handle func(event)) error {
	decoder := json.NewDecoder(r)
	for {
		var got event
		err := decoder.Decode(&got)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		handle(got)
	}
}
