package fixtures

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
)

func page(w http.ResponseWriter, r *http.Request) {
	zw := gzip.NewWriter(w) // want HW101
	defer zw.Close()
	io.WriteString(zw, "hello")
}

func archive(data []byte) ([]byte, error) {
	var buf bytes.Buffer
	zw := gzip.NewWriter(&buf) // want HW101
	if _, err := zw.Write(data); err != nil {
		return nil, err
	}
	if err := zw.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

type compressed struct {
	http.ResponseWriter
	to io.Writer
}

func (c compressed) Write(p []byte) (int, error) { return c.to.Write(p) }

func middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		zw, err := gzip.NewWriterLevel(w, gzip.BestSpeed) // want HW101
		if err != nil {
			next.ServeHTTP(w, r)
			return
		}
		defer func() { _ = zw.Close() }()
		both := compressed{ResponseWriter: w, to: zw}
		next.ServeHTTP(both, r)
	})
}

func deflated(next http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		fw, _ := flate.NewWriter(w, 5) // want HW101
		defer fw.Close()
		next.ServeHTTP(&compressed{w, fw}, r)
	}
}

func send(out io.Writer, messages [][]byte) {
	for _, message := range messages {
		zw := zlib.NewWriter(out) // want HW101
		zw.Write(message)
		zw.Close()
	}
}
