package fixtures

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

type answer struct {
	ID    int64
	Names []string
	At    time.Time
	Next  *answer
	Limit map[string]int
}

// None of these can fail.
func show(w http.ResponseWriter, a *answer, names []string) {
	first, _ := json.Marshal(a)
	second, _ := json.Marshal(names)
	third, _ := json.Marshal(&answer{ID: 1})
	w.Write(append(append(first, second...), third...))
}

// What these hold is seen here, or nobody knows.
func settings(w http.ResponseWriter, load func() []any, version map[string]any) {
	first, _ := json.Marshal(load())
	second, _ := json.Marshal(version)
	w.Write(append(first, second...))
}

// Somebody decided that.
func best(data []byte) (a answer) {
	_ = json.Unmarshal(data, &a)
	return a
}

// It failed before.
func call(client *http.Client, r *http.Request) error {
	response, err := client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		var failure struct{ Message string }
		json.NewDecoder(response.Body).Decode(&failure)
		return fmt.Errorf("%s: %s", response.Status, failure.Message)
	}
	return nil
}

// For a log, not for an answer.
func describe(value any) string {
	data, _ := json.Marshal(value)
	return string(data)
}

// An encoder that fails has written nothing, and net/http knows.
func stream(w http.ResponseWriter, value any) {
	json.NewEncoder(w).Encode(value)
}
