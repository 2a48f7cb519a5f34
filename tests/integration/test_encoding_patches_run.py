"""The patches of the rules on compression, JSON and CSV: a program prints the same with them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from heapwise.runtimes.go.toolchain import find_go
from support.fixing import GO_MOD, Small, write

pytestmark = pytest.mark.go

CODES = ("HW101", "HW102", "HW304", "HW308")

PROGRAM = rb"""package main

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
)

type gzipped struct {
	http.ResponseWriter
	io.Writer
}

func (g gzipped) Write(p []byte) (int, error) { return g.Writer.Write(p) }

// compressed is a middleware as everybody writes it.
func compressed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		zw := gzip.NewWriter(w)
		defer zw.Close()
		next.ServeHTTP(gzipped{ResponseWriter: w, Writer: zw}, r)
	})
}

type server struct{}

func (*server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	zr, err := gzip.NewReader(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	defer zr.Close()
	body, err := io.ReadAll(zr)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	fmt.Fprintf(w, "%d %x", len(body), sha256.Sum256(body))
}

func archive(data []byte) (packed []byte, err error) {
	var buf bytes.Buffer
	zw := zlib.NewWriter(&buf)
	if _, err = zw.Write(data); err != nil {
		return nil, err
	}
	if err := zw.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

func pack(data []byte) []byte {
	buf := new(bytes.Buffer)
	zw := gzip.NewWriter(buf)
	zw.Write(data)
	zw.Close()
	return buf.Bytes()
}

func unpacked(message []byte) (size int64, err error) {
	zr, err := gzip.NewReader(bytes.NewReader(message))
	if err != nil {
		return -1, err
	}
	return io.Copy(io.Discard, zr)
}

type order struct {
	ID    int64  `json:"id"`
	Name  string `json:"<name>"`
	Lines []line
}

type line struct {
	Price float64 `json:"price,omitempty"`
	Note  *string
}

func marshalled(o order, p *order) string {
	local := order{Name: "local"}
	local.Lines = append(local.Lines, line{})
	first, _ := json.Marshal(o)
	second, _ := json.MarshalIndent(*p, "", " ")
	third, _ := json.Marshal(local)
	fourth, _ := json.Marshal(order{ID: 4})
	return fmt.Sprintf("%s\n%s\n%s\n%s", first, second, third, fourth)
}

func rows(text string) (header []string, cells []string, err error) {
	reader := csv.NewReader(strings.NewReader(text))
	if header, err = reader.Read(); err != nil {
		return nil, nil, err
	}
	for {
		record, err := reader.Read()
		if err == io.EOF {
			return header, cells, nil
		}
		if err != nil {
			return header, cells, err
		}
		cells = append(cells, record[0], record[len(record)-1])
	}
}

func ask(handler http.Handler, body []byte) string {
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequest("POST", "/", bytes.NewReader(body)))
	zr, err := gzip.NewReader(recorder.Body)
	if err != nil {
		return err.Error()
	}
	answer, err := io.ReadAll(zr)
	return fmt.Sprint(recorder.Code, string(answer), err)
}

func main() {
	handler := compressed(&server{})
	answers := make([][]string, 4)
	var wait sync.WaitGroup
	for worker := range answers {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for round := range 20 {
				text := []byte(strings.Repeat(fmt.Sprint(worker, "-", round, " "), 100*round))
				good, bad := ask(handler, pack(text)), ask(handler, text)
				answers[worker] = append(answers[worker], good, bad)
			}
		}()
	}
	wait.Wait()
	for _, each := range answers {
		fmt.Println(strings.Join(each, "\n"))
	}
	for _, text := range []string{"", "x", strings.Repeat("some text ", 9999)} {
		packed, err := archive([]byte(text))
		fmt.Printf("%x %v\n", sha256.Sum256(packed), err)
		fmt.Println(unpacked(pack([]byte(text))))
		fmt.Println(unpacked([]byte(text)))
	}
	note := "a note"
	fmt.Println(marshalled(order{1, "one", nil}, &order{2, "two", []line{{1.5, &note}, {0, nil}}}))
	fmt.Println(rows("id,name\n1,a\n2,b\n3,c\n"))
	fmt.Println(rows("id,name\n1,a\n2\n"))
	fmt.Println(rows(""))
}
"""


def output(folder: Path) -> bytes:
    """What the program prints."""
    find_go().build(folder, folder / "program")
    done = subprocess.run([folder / "program"], capture_output=True, check=True)
    return done.stdout


def test_a_patched_program_answers_the_same(tmp_path: Path) -> None:
    """Pooled streams after errors and side by side, JSON to the byte, a header that is kept."""
    folder = write(tmp_path, {"go.mod": GO_MOD, "main.go": PROGRAM})
    before = output(folder)
    assert before.count(b"200") >= 80
    small = Small(folder, *CODES)
    offered = [each for each in small.found if each.finding.fixable]
    assert {each.rule.CODE for each in offered} == set(CODES)
    after = small.source.after(small.propose(offered))["main.go"]
    rest = Small(write(tmp_path / "after", {"go.mod": GO_MOD, "main.go": after}), *CODES)
    assert [each.finding.where for each in rest.found] == []
    assert output(rest.tree.root) == before
