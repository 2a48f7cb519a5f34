package fixtures

import (
	"encoding/json"
	"net/http"
)

type message struct {
	ID   string
	Time int64
	Data map[string]any
}

type consumer struct {
	last message
	seen int
}

func (c *consumer) consume(data []byte) {
	clear(c.last.Data)
	json.Unmarshal(data, &c.last) // want HW309
	c.seen++
}

func create(w http.ResponseWriter, r *http.Request) {
	var got message
	json.NewDecoder(r.Body).Decode(&got) // want HW309
	answer, _ := json.Marshal(&got)      // want HW309
	w.Write(answer)
}

func respond(w http.ResponseWriter, value any) {
	data, _ := json.MarshalIndent(value, "", "  ") // want HW309
	w.Write(data)
}
