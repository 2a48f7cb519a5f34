package fixtures

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"os"
)

// small is what io.Copy would take.
func small(to io.Writer, from io.Reader) error {
	buf := make([]byte, 32*1024)
	_, err := io.CopyBuffer(to, from, buf)
	return err
}

// read returns what it read.
func read(from io.Reader) ([]byte, error) {
	buf := make([]byte, 1<<20)
	n, err := from.Read(buf)
	return buf[:n], err
}

type reader struct {
	from *bufio.Reader
	buf  []byte
}

func newReader(from io.Reader) *reader {
	buf := make([]byte, 1<<20)
	return &reader{from: bufio.NewReaderSize(from, 1<<20), buf: buf}
}

// send gives every block to somebody else.
func send(from io.Reader, blocks chan<- []byte) {
	for {
		buf := make([]byte, 1<<16)
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		blocks <- buf[:n]
	}
}

// exact is as long as what it is for.
func exact(from io.Reader, size int) error {
	buf := make([]byte, size)
	_, err := io.ReadFull(from, buf)
	return err
}

// grown is filled bit by bit and handed on.
func grown(w http.ResponseWriter, r *http.Request) {
	page := make([]byte, 0, 1<<17)
	page = append(page, r.URL.Path...)
	w.Write(page)
}

// held may be kept by what is made of it.
func held(w http.ResponseWriter, r *http.Request) *bytes.Buffer {
	raw := make([]byte, 1<<17)
	return bytes.NewBuffer(raw)
}

func main() {
	buf := make([]byte, 1<<20)
	n, _ := os.Stdin.Read(buf)
	os.Stdout.Write(buf[:n])
}

// once makes its buffer in a loop, in the round that ends it.
func once(ready <-chan bool) (text string) {
	for {
		if <-ready {
			buf := make([]byte, 1<<16)
			text = http.DetectContentType(buf)
			return text
		}
	}
}

type frame struct{ data []byte }

func parse(data []byte) (*frame, error) { return &frame{data}, nil }

// parsed is kept by what a function makes of it.
func parsed(from io.Reader) (*frame, error) {
	raw := make([]byte, 1<<17)
	n, err := io.ReadFull(from, raw)
	if err != nil {
		return nil, err
	}
	return parse(raw[:n])
}

// request is read from later, through its body.
func request(from io.Reader) (*http.Request, error) {
	buffered := bufio.NewReaderSize(from, 1<<17)
	req, err := http.ReadRequest(buffered)
	return req, err
}
