package fixtures

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

type server struct{ logger *slog.Logger }

func (s *server) page(w http.ResponseWriter, r *http.Request) {
	started := time.Now()
	s.logger.Info("answered", "path", r.URL.Path, "took", time.Since(started), "size", size(r)) // want HW808
}

func size(r *http.Request) int {
	slog.Debug("measured", "length", r.ContentLength, "name", r.Host, "rounds", rounds(r)) // want HW808
	return len(r.Host)
}

func rounds(r *http.Request) int64 { return 1 }

func stored(ctx context.Context, logger *slog.Logger, key string, err error) {
	logger.DebugContext(ctx, "stored", "key", key, "error", err) // want HW808
}

func plain(keys []string, count int, share float64, done bool) {
	for _, key := range keys {
		slog.Info("counted", "key", key, "count", count, "share", share, "done", done) // want HW808
	}
}

func logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		slog.Info("request", "size", size(r)) // want HW808
	})
}
