package tables

import (
	"context"

	pgx "fixtures/HW812/go/positive/tables/pgx"
)

func load(ctx context.Context, to pgx.Conn, rows [][]any) (int64, error) {
	return to.CopyFrom(ctx, pgx.Identifier{}, []string{"id"}, rows) // want HW812
}
