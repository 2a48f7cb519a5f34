// Package pgx has the part of a driver that the loaders beside it use, over a table in memory. Its
// shape is that of github.com/jackc/pgx, so that the loaders look like what people write, and need
// no database to show how many rows they lose.
package pgx

import (
	"context"
	"errors"
	"sync/atomic"
)

// Identifier names a table.
type Identifier []string

// CopyFromSource gives rows one after the other.
type CopyFromSource interface {
	Next() bool
	Values() ([]any, error)
	Err() error
}

type rows struct {
	rest [][]any
	at   []any
}

// CopyFromRows gives the rows of a slice.
func CopyFromRows(all [][]any) CopyFromSource { return &rows{rest: all} }

func (r *rows) Next() bool {
	if len(r.rest) == 0 {
		return false
	}
	r.at, r.rest = r.rest[0], r.rest[1:]
	return true
}

func (r *rows) Values() ([]any, error) { return r.at, nil }

func (r *rows) Err() error { return nil }

// Conn is a connection to one table.
type Conn struct{ loaded *atomic.Int64 }

// Connect gives a connection to a table that counts its rows.
func Connect(loaded *atomic.Int64) *Conn { return &Conn{loaded} }

// CopyFrom loads rows and returns how many; as with the real one, a COPY of no table is an error,
// and so is a row that has not a value for each column.
func (c *Conn) CopyFrom(
	_ context.Context, table Identifier, columns []string, source CopyFromSource,
) (int64, error) {
	if len(table) == 0 {
		return 0, errors.New(`syntax error at or near "("`)
	}
	var n int64
	for source.Next() {
		values, err := source.Values()
		if err != nil {
			return 0, err
		}
		if len(values) != len(columns) {
			return 0, errors.New("expected as many values as columns")
		}
		n++
	}
	c.loaded.Add(n)
	return n, source.Err()
}
