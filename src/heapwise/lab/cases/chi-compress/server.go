package main

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"

	"github.com/go-chi/chi"
	"github.com/go-chi/chi/middleware"
)

// maxBody limits a question, in bytes.
const maxBody = 64 << 10

type server struct {
	flags map[string]*Flag
	stats *counter
}

// newHandler returns the service's routes. The API is compressed as the service of the article
// compresses it; /debug/pprof and /stats are on the same address and are not.
func newHandler(compress bool) http.Handler {
	s := &server{flags: standardFlags(), stats: newCounter()}
	r := chi.NewRouter()
	r.Route("/api/v1", func(r chi.Router) {
		if compress {
			r.Use(middleware.Compress(gzip.DefaultCompression))
		}
		r.With(s.stats.count).Post("/evaluate", s.evaluate)
	})
	r.Get("/stats", s.readStats)
	r.Mount("/debug", middleware.Profiler())
	return r
}

func (s *server) evaluate(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, "the question is too long")
		return
	}
	var question Evaluation
	if err := json.Unmarshal(body, &question); err != nil {
		refuse(w, http.StatusBadRequest, "the question is not JSON: "+err.Error())
		return
	}
	if question.FlagKey == "" || question.EntityID == "" {
		refuse(w, http.StatusBadRequest, "flagKey and entityId must be given")
		return
	}
	flag, known := s.flags[question.FlagKey]
	if !known {
		refuse(w, http.StatusNotFound, "no such flag: "+question.FlagKey)
		return
	}
	answer, err := flag.Evaluate(question)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	reply(w, http.StatusOK, answer)
}

func (s *server) readStats(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, s.stats.read())
}

func refuse(w http.ResponseWriter, status int, why string) {
	reply(w, status, map[string]string{"error": why})
}

func reply(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(value)
}
