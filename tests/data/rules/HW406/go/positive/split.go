package fixtures

import (
	"bytes"
	"net/http"
	"strings"
)

func host(r *http.Request) string {
	name := strings.Split(r.Host, ":")[0] // want HW406
	return name
}

func kind(header string) (string, error) {
	return strings.Split(header, ";")[0], nil // want HW406
}

func scheme(r *http.Request) string {
	if word := strings.SplitN(r.Header.Get("Authorization"), " ", 2)[0]; word != "" { // want HW406
		return word
	}
	return "none"
}

func field(line []byte) []byte {
	return bytes.Split(line, []byte(","))[0] // want HW406
}

func pair(text string) (string, string) {
	parts := strings.SplitN(text, "=", 2) // want HW406
	if len(parts) != 2 {
		return text, ""
	}
	return parts[0], parts[1]
}

func first(text string) string {
	parts := strings.Split(text, "/") // want HW406
	return strings.ToLower(parts[0])
}
