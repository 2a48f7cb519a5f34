package fixtures

import (
	"compress/gzip"
	"io"
	"net/http"
	"os"
)

// What comes out of a decompressor has no announced length.
func unpack(zr *gzip.Reader) ([]byte, error) { return io.ReadAll(zr) }

// The answer of a server often has none: it is chunked, or was unpacked on the way.
func fetch(response *http.Response) ([]byte, error) {
	defer response.Body.Close()
	return io.ReadAll(response.Body)
}

type upload struct{ Body io.Reader }

func store(u *upload) ([]byte, error) { return io.ReadAll(u.Body) }

// Announced, and looked at.
func either(r *http.Request) ([]byte, error) {
	if r.ContentLength >= 0 && r.ContentLength < 1<<20 {
		body := make([]byte, r.ContentLength)
		_, err := io.ReadFull(r.Body, body)
		return body, err
	}
	return io.ReadAll(io.LimitReader(r.Body, 1<<20))
}

func main() {
	if _, err := io.ReadAll(os.Stdin); err != nil {
		panic(err)
	}
}
