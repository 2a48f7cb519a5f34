package main

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

func ask(handler http.Handler, path, body string, gzipped bool) *httptest.ResponseRecorder {
	method := http.MethodPost
	if body == "" {
		method = http.MethodGet
	}
	request := httptest.NewRequest(method, path, strings.NewReader(body))
	if gzipped {
		request.Header.Set("Accept-Encoding", "gzip")
	}
	response := httptest.NewRecorder()
	handler.ServeHTTP(response, request)
	return response
}

func question(t *testing.T) string {
	t.Helper()
	body, err := os.ReadFile("evaluate.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestAnswersAreTheSameCompressedOrNot(t *testing.T) {
	plain := ask(newHandler(false), "/api/v1/evaluate", question(t), true)
	packed := ask(newHandler(true), "/api/v1/evaluate", question(t), true)
	if encoding := packed.Header().Get("Content-Encoding"); encoding != "gzip" {
		t.Fatalf("Content-Encoding is %q", encoding)
	}
	reader, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	if string(unpacked) != plain.Body.String() {
		t.Errorf("got %q, want %q", unpacked, plain.Body)
	}
}

func TestAnswerHasTheSizeOfTheArticles(t *testing.T) {
	size := ask(newHandler(false), "/api/v1/evaluate", question(t), false).Body.Len()
	if size < 240 || size > 500 {
		t.Errorf("the answer has %d bytes", size)
	}
}

func TestBadQuestionsAreRefused(t *testing.T) {
	for body, status := range map[string]int{
		"{":                                  http.StatusBadRequest,
		`{"flagKey": "checkout-flow"}`:       http.StatusBadRequest,
		`{"flagKey": "no", "entityId": "a"}`: http.StatusNotFound,
		`{"flagKey": "` + strings.Repeat("x", maxBody) + `"}`: http.StatusRequestEntityTooLarge,
	} {
		if got := ask(newHandler(false), "/api/v1/evaluate", body, false).Code; got != status {
			t.Errorf("%.40s: got %d, want %d", body, got, status)
		}
	}
}

func TestStatsCountTheEvaluationsOnly(t *testing.T) {
	handler := newHandler(true)
	read := func() (stats Stats) {
		answer := ask(handler, "/stats", "", false)
		if err := json.Unmarshal(answer.Body.Bytes(), &stats); err != nil {
			t.Fatal(err)
		}
		return stats
	}
	before := read()
	for i := 0; i < 5; i++ {
		ask(handler, "/api/v1/evaluate", question(t), true)
	}
	ask(handler, "/debug/pprof/heap", "", false)
	after := read()
	if got := after.Requests - before.Requests; got != 5 {
		t.Errorf("counted %d requests, want 5", got)
	}
	if after.AllocBytes <= before.AllocBytes || after.AllocObjects <= before.AllocObjects {
		t.Errorf("the totals did not rise: %+v, %+v", before, after)
	}
}
