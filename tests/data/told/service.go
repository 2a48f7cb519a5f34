// Package told has each pattern twice: where its cost is sure, and where only a recording knows.
package told

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

type order struct {
	ID    int    `json:"id"`
	Owner string `json:"owner"`
	Count int    `json:"count"`
}

// page is given a request: it runs for each.
func page(w http.ResponseWriter, r *http.Request) {
	known := regexp.MustCompile(`^/orders/`).MatchString(r.URL.Path) // told HW401
	host := strings.Split(r.Host, ":")[0]                            // told HW406
	w.Header().Set("Length", fmt.Sprint(len(host)))                  // told HW402
	w.Header().Set("Known", strconv.FormatBool(known))
	json.NewEncoder(w).Encode(map[string]any{"host": host, "id": 1}) // told HW301

	client := &http.Client{Transport: &http.Transport{}} // told HW701
	resp, err := client.Get("http://127.0.0.1:9000/")
	if err == nil {
		resp.Body.Close()
	}
}

// small things cost some bytes, for a request too.
func small(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body) // untold HW703
	io.WriteString(w, key(string(body), strconv.Itoa(len(body))))
}

func key(tenant, id string) string { return fmt.Sprintf("%s/%s", tenant, id) } // untold HW404

func marshalled(given order) ([]byte, error) {
	return json.Marshal(given) // untold HW304
}

func appended(line []byte, n int) []byte {
	return append(line, strconv.Itoa(n)...) // untold HW405
}

func logged(key string) {
	slog.Debug("stored", "key", key) // untold HW808
}

func elsewhere(n int, host string) (string, string) {
	return fmt.Sprint(n), strings.Split(host, ":")[0] // untold HW402 HW406
}

func once() ([]byte, error) {
	return json.Marshal(map[string]any{"id": 1, "host": "a"}) // untold HW301
}

func seldom() error {
	client := &http.Client{Transport: &http.Transport{}} // untold HW701
	resp, err := client.Get("http://127.0.0.1:9000/")
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// valid is there for one name after another.
func valid(name string) bool {
	pattern := regexp.MustCompile(`^[a-z]+$`) // told HW401
	return pattern.MatchString(name)
}

func allValid(names []string) bool {
	for _, name := range names {
		if !regexp.MustCompile(`^[a-z]+$`).MatchString(name) { // told HW401
			return false
		}
	}
	return true
}

type filter struct{ pattern *regexp.Regexp }

func newFilter() filter {
	return filter{regexp.MustCompile(`^[a-z]+$`)} // untold HW401
}

// configured finds each key once, whatever else is set.
func configured(settings map[string]string) bool {
	for key, value := range settings {
		switch key {
		case "name":
			return regexp.MustCompile(`^[a-z]+$`).MatchString(value) // untold HW401
		}
	}
	return false
}

// closure has a function of its own that it calls once.
func closure() bool {
	check := func(name string) bool {
		return regexp.MustCompile(`^[a-z]+$`).MatchString(name) // untold HW401
	}
	return check("name")
}

func unpacked(data []byte) ([]byte, error) {
	in, err := gzip.NewReader(bytes.NewReader(data)) // told HW102
	if err != nil {
		return nil, err
	}
	return io.ReadAll(in)
}

var packed = []byte("nobody gives it to anybody")

func unpackedAtStart() ([]byte, error) {
	in, err := gzip.NewReader(bytes.NewReader(packed)) // untold HW102
	if err != nil {
		return nil, err
	}
	return io.ReadAll(in)
}

// lines of a text are many.
func lines(text string) (string, []string, map[string]int) {
	all, joined := strings.Split(text, "\n"), ""
	for _, line := range all {
		joined += line // told HW403
	}
	rows := strings.Split(text, "\n")
	var kept []string
	for _, row := range rows {
		kept = append(kept, row) // told HW501
	}
	sizes := map[string]int{}
	for _, row := range rows {
		sizes[row] = len(row) // told HW502
	}
	return joined, kept, sizes
}

func scanned(in *bufio.Scanner) string {
	joined := ""
	for in.Scan() {
		joined += in.Text() // told HW403
	}
	return joined
}

// words are as many as somebody gives: two perhaps.
func words(list string, given []string) (string, []string, map[string]int) {
	joined := ""
	for _, word := range strings.Split(list, ",") {
		joined += word // untold HW403
	}
	var kept []string
	for _, word := range given {
		kept = append(kept, word) // untold HW501
	}
	sizes := map[string]int{}
	for _, word := range given {
		sizes[word] = len(word) // untold HW502
	}
	return joined, kept, sizes
}

func counted(table [64]int) []int {
	kept := []int{}
	for _, each := range table {
		kept = append(kept, each) // told HW501
	}
	return kept
}

type peer struct{ address string }

// dialing uses what it is a part of, so a field could keep it; but nothing says how often it runs.
func (p peer) dialing() error {
	client := &http.Client{Transport: &http.Transport{ // untold HW701
		Dial: func(string, string) (net.Conn, error) { return net.Dial("tcp", p.address) },
	}}
	resp, err := client.Get("http://peer/")
	if err != nil {
		return err
	}
	return resp.Body.Close()
}
