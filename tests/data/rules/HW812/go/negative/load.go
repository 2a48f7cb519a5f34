package fixtures

import "context"

type Identifier []string

type conn struct{}

func (conn) CopyFrom(context.Context, Identifier, []string, any) (int64, error) { return 0, nil }

func load(ctx context.Context, to conn, batches [][][]any) (total int64, err error) {
	for _, batch := range batches {
		loaded, err := to.CopyFrom(ctx, Identifier{"orders"}, []string{"id", "cents"}, batch)
		if err != nil {
			return total, err
		}
		total += loaded
	}
	return total, nil
}
