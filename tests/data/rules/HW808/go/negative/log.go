package fixtures

import (
	"context"
	"log/slog"
)

func stored(ctx context.Context, key string, size int) {
	slog.LogAttrs(ctx, slog.LevelInfo, "stored", slog.String("key", key), slog.Int("size", size))
}
