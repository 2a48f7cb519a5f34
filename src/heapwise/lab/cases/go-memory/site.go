package main

import (
	"bufio"
	"hash/fnv"
	"net/http"
	"os"
	"strconv"
)

// pageBytes is about how long a page is.
const pageBytes = 2 << 10

// cache keeps pages by path.
type cache interface {
	get(path string) (page []byte, kept bool)
	put(path string, page []byte)
}

// site answers requests for pages.
type site struct {
	pages cache
	hits  int64
}

// ServeHTTP answers with the page of a path: rendered now, or before and kept.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	page, kept := s.pages.get(path)
	if kept {
		s.hits++
	} else {
		page = render(path)
		s.pages.put(path, page)
	}
	w.Write(page)
}

// everything keeps every page that was ever asked for.
type everything struct {
	kept map[string][]byte
}

func keepingAll() *everything {
	return &everything{kept: map[string][]byte{}}
}

func (e *everything) get(path string) ([]byte, bool) {
	page, kept := e.kept[path]
	return page, kept
}

func (e *everything) put(path string, page []byte) {
	e.kept[path] = page
}

// render makes the page of a path, which is always the same.
func render(path string) []byte {
	sum := fnv.New64a()
	sum.Write([]byte(path))
	number := sum.Sum64()
	page := make([]byte, 0, pageBytes+64)
	page = append(page, "<h1>"...)
	page = append(page, path...)
	page = append(page, "</h1>\n"...)
	for len(page) < pageBytes {
		number = number*6364136223846793005 + 1442695040888963407
		page = append(page, "<p>"...)
		page = strconv.AppendUint(page, number, 36)
		page = append(page, "</p>\n"...)
	}
	return page
}

// replay answers the requests of a file, a path a line.
func (s *site) replay(requests string, done *result) error {
	file, err := os.Open(requests)
	if err != nil {
		return err
	}
	defer file.Close()
	client := &nobody{header: http.Header{}}
	paths := bufio.NewScanner(file)
	for paths.Scan() {
		request, err := http.NewRequest(http.MethodGet, paths.Text(), nil)
		if err != nil {
			return err
		}
		s.ServeHTTP(client, request)
		done.Requests++
		workDone.Add("request", 1)
	}
	done.Bytes += client.written
	return paths.Err()
}

// nobody takes answers and counts their bytes.
type nobody struct {
	header  http.Header
	written int64
}

func (n *nobody) Header() http.Header { return n.header }

func (n *nobody) WriteHeader(int) {}

func (n *nobody) Write(data []byte) (int, error) {
	n.written += int64(len(data))
	return len(data), nil
}
