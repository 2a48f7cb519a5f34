package fixtures

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"sync"
)

// One reader for a file is little beside the file.
func extract(name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	zr, err := gzip.NewReader(bufio.NewReader(file))
	if err != nil {
		return err
	}
	archive := tar.NewReader(zr)
	_, err = archive.Next()
	return err
}

func lines(names []string) (total int) {
	for _, name := range names {
		file, err := os.Open(name)
		if err != nil {
			continue
		}
		if zr, err := gzip.NewReader(file); err == nil {
			scanner := bufio.NewScanner(zr)
			for scanner.Scan() {
				total++
			}
		}
		file.Close()
	}
	return total
}

// Who reads from it, and until when, is the caller's matter.
func open(data []byte) (io.ReadCloser, error) {
	return gzip.NewReader(bytes.NewReader(data))
}

type source struct{ zr *gzip.Reader }

func newSource(data []byte) (*source, error) {
	zr, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return &source{zr: zr}, nil
}

// How long the stream is nobody knows here.
func install(archive io.Reader) error {
	zr, err := gzip.NewReader(archive)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, zr)
	return err
}

var embedded = sync.OnceValue(func() []byte {
	zr, err := gzip.NewReader(bytes.NewReader([]byte("...")))
	if err != nil {
		return nil
	}
	data, _ := io.ReadAll(zr)
	return data
})

func init() {
	zr, err := gzip.NewReader(bytes.NewReader(nil))
	if err == nil {
		zr.Close()
	}
}
