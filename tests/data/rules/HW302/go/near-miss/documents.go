package fixtures

import (
	"encoding/json"
	"fmt"
	"io"
)

// Any document at all.
func parse(data []byte) (map[string]any, error) {
	var document map[string]any
	err := json.Unmarshal(data, &document)
	return document, err
}

func indent(data []byte) ([]byte, error) {
	var document any
	if err := json.Unmarshal(data, &document); err != nil {
		return nil, err
	}
	return json.MarshalIndent(document, "", "  ")
}

// The keys are data.
func keys(r io.Reader) (found []string) {
	var document map[string]any
	if err := json.NewDecoder(r).Decode(&document); err != nil {
		return nil
	}
	for key := range document {
		found = append(found, key)
	}
	return found
}

func pick(data []byte, key string) string {
	var document map[string]any
	if err := json.Unmarshal(data, &document); err != nil {
		return ""
	}
	return fmt.Sprint(document[key])
}

// One field is set, and all the others are kept, whatever they are.
func stamped(data []byte) ([]byte, error) {
	var document map[string]any
	if err := json.Unmarshal(data, &document); err != nil {
		return nil, err
	}
	document["stamped"] = document["id"]
	return json.Marshal(document)
}

func counts(data []byte) int {
	var words map[string]int
	if err := json.Unmarshal(data, &words); err != nil {
		return 0
	}
	return words["the"]
}

func main() {
	var settings map[string]any
	if err := json.Unmarshal([]byte(`{}`), &settings); err != nil {
		panic(err)
	}
	fmt.Println(settings["level"])
}
