package fixtures

import "context"

// What pgx has, as far as the loaders need it.
type Identifier []string

type conn struct{}

func (conn) CopyFrom(context.Context, Identifier, []string, any) (int64, error) { return 0, nil }

var columns = []string{"id", "cents"}

func load(ctx context.Context, to conn, batches [][][]any) {
	for _, batch := range batches {
		to.CopyFrom(ctx, Identifier{"orders"}, columns, batch) // want HW812
	}
}
