package fixtures

import (
	"io"
	"net/http"
)

const maxBody = 1 << 20

func readBody(r *http.Request) ([]byte, error) {
	if r.ContentLength < 0 || r.ContentLength > maxBody {
		return readUnknown(r.Body)
	}
	body := make([]byte, r.ContentLength)
	_, err := io.ReadFull(r.Body, body)
	return body, err
}

func readUnknown(body io.Reader) ([]byte, error) {
	return io.ReadAll(io.LimitReader(body, maxBody))
}
