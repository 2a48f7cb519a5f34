package remedies

import (
	"context"
	"io"
	"log/slog"
	"testing"
)

var (
	log808    = slog.New(slog.NewJSONHandler(io.Discard, nil))
	status808 = 404
	route808  = "/orders/17"
)

// what: log a message with a number and a string
func BenchmarkHW808(b *testing.B) {
	b.Run("before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			log808.Info("answered", "status", status808, "path", route808)
		}
	})
	b.Run("after", func(b *testing.B) {
		b.ReportAllocs()
		ctx := context.Background()
		for b.Loop() {
			log808.LogAttrs(ctx, slog.LevelInfo, "answered",
				slog.Int("status", status808), slog.String("path", route808))
		}
	})
	b.Run("disabled/before", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			log808.Debug("answered", "status", status808, "path", route808)
		}
	})
	b.Run("disabled/after", func(b *testing.B) {
		b.ReportAllocs()
		ctx := context.Background()
		for b.Loop() {
			log808.LogAttrs(ctx, slog.LevelDebug, "answered",
				slog.Int("status", status808), slog.String("path", route808))
		}
	})
}
