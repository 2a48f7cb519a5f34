package fixtures

import "context"

type Identifier []string

type conn struct{}

func (conn) CopyFrom(context.Context, Identifier, []string, any) (int64, error) { return 0, nil }

// Dropped on purpose: the table is a cache that may miss rows.
func warm(ctx context.Context, to conn, rows [][]any) {
	_, _ = to.CopyFrom(ctx, Identifier{"recent"}, []string{"id"}, rows)
}

type buffer struct{ data []byte }

func (b *buffer) CopyFrom(other *buffer) { b.data = append(b.data[:0], other.data...) }

// Another method of that name.
func mirror(into, from *buffer) {
	into.CopyFrom(from)
}

// The table comes from somebody else.
func loadInto(ctx context.Context, to conn, table Identifier, rows [][]any) error {
	_, err := to.CopyFrom(ctx, table, []string{"id"}, rows)
	return err
}
