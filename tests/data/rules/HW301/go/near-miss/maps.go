package fixtures

import (
	"encoding/gob"
	"encoding/json"
	"net/http"
)

// The keys are data.
func counts(words []string) ([]byte, error) {
	found := map[string]int{}
	for _, word := range words {
		found[word]++
	}
	return json.Marshal(found)
}

func one(key string, value any) ([]byte, error) {
	return json.Marshal(map[string]any{key: value})
}

// Some of them are.
func page(extra map[string]string) ([]byte, error) {
	answer := map[string]any{"version": 3}
	for key, value := range extra {
		answer[key] = value
	}
	return json.Marshal(answer)
}

// Errors are rare.
func failing(w http.ResponseWriter, err error) {
	if err != nil {
		json.NewEncoder(w).Encode(map[string]any{"error": err.Error()})
	}
}

func badRequest(w http.ResponseWriter, message string) {
	json.NewEncoder(w).Encode(map[string]any{"code": 400, "message": message})
}

func limit(w http.ResponseWriter) {
	json.NewEncoder(w).Encode(map[string]string{"error": "too many requests"})
}

// Another encoder.
func binary(w http.ResponseWriter) error {
	return gob.NewEncoder(w).Encode(map[string]string{"state": "ok"})
}

func empty(w http.ResponseWriter, r *http.Request) {
	json.NewEncoder(w).Encode(map[string]any{})
}

func main() {
	data, err := json.Marshal(map[string]any{"started": true})
	if err != nil || data == nil {
		panic("cannot be")
	}
}
