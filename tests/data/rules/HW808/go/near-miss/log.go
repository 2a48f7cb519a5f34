package fixtures

import (
	"errors"
	"fmt"
	"log"
	"log/slog"
	"strings"
	"testing"
)

type config struct{ name string }

type other struct{}

func (other) Info(message string, values ...any) {}

// free values are passed as they are.
func free(done bool, settings *config, err error) {
	slog.Info("started", "name", "cache", "port", 8080, "done", done)
	slog.Info("loaded", "settings", settings, "error", err)
	slog.Info("ready")
}

// rare messages may cost what they like.
func rare(key string, size int) error {
	slog.Error("not stored", "key", key, "size", size)
	slog.Warn("slow", "key", key, "size", size)
	return errors.New("not stored")
}

// others are no loggers of slog.
func others(o other, t *testing.T, key string, size int) {
	o.Info("stored", "key", key, "size", size)
	log.Printf("stored %s, %d", key, size)
	t.Log("stored", key, size)
}

// typed attributes, and what only the caller knows.
func typed(key string, values ...any) {
	slog.Info("stored", slog.String("key", key))
	slog.Info("stored", values...)
}

// listen says once that it does.
func listen(address string, port int) {
	slog.Info("listening", "address", address, "port", port)
}

func init() {
	started := len("started")
	slog.Info("started", "count", started)
}

// made strings cost more to make than to pass, and typed attributes make them as well.
func made(peers []string, sizes map[string]int) {
	slog.Debug("resolved", "peers", strings.Join(peers, ","))
	slog.Debug("counted", "sizes", fmt.Sprintf("%v", sizes))
}
