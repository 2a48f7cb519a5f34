package fixtures

import (
	"encoding/json"
	"net/http"
)

func consume(data []byte, store func(string, float64)) error {
	var message map[string]any
	if err := json.Unmarshal(data, &message); err != nil { // want HW302
		return err
	}
	store(message["id"].(string), message["size"].(float64))
	return nil
}

func create(w http.ResponseWriter, r *http.Request) {
	body := make(map[string]interface{})
	decoder := json.NewDecoder(r.Body)
	if err := decoder.Decode(&body); err != nil { // want HW302
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	name, ok := body["name"].(string)
	if !ok || len(body) == 0 {
		http.Error(w, "a name is needed", http.StatusBadRequest)
		return
	}
	w.Write([]byte(name))
}

func sum(data []byte) (total float64, err error) {
	var rows []map[string]any
	err = json.Unmarshal(data, &rows) // want HW302
	for _, row := range rows {
		amount, _ := row["amount"].(float64)
		total += amount
	}
	return total, err
}
