package fixtures

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"os"
)

// One writer for a file of any length is what it takes.
func backup(name string, from io.Reader) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer file.Close()
	zw := gzip.NewWriter(file)
	if _, err := io.Copy(zw, from); err != nil {
		return err
	}
	return zw.Close()
}

// Who is done with it when is the caller's matter.
func compressor(w http.ResponseWriter) io.WriteCloser {
	zw := gzip.NewWriter(w)
	return zw
}

type encoder struct {
	buf *bytes.Buffer
	zw  *gzip.Writer
}

func newEncoder() *encoder {
	buf := new(bytes.Buffer)
	zw := gzip.NewWriter(buf)
	return &encoder{buf: buf, zw: zw}
}

// How long the stream is nobody knows here.
func export(w io.Writer, rows io.Reader) error {
	zw := gzip.NewWriter(w)
	if _, err := io.Copy(zw, rows); err != nil {
		return err
	}
	return zw.Close()
}

func main() {
	var buf bytes.Buffer
	zw := gzip.NewWriter(&buf)
	zw.Close()
}
