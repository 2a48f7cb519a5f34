package remedies

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"
)

const rows = 500

const insert = "INSERT INTO orders (id, cents) VALUES (?, ?)"

func table(b *testing.B) *sql.DB {
	db, err := sql.Open("sqlite", filepath.Join(b.TempDir(), "orders.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("CREATE TABLE orders (id INTEGER, cents INTEGER)"); err != nil {
		b.Fatal(err)
	}
	return db
}

func each(b *testing.B, load func(*testing.B, *sql.DB)) func(*testing.B) {
	return func(b *testing.B) {
		db := table(b)
		b.ReportAllocs()
		for b.Loop() {
			load(b, db)
		}
	}
}

// what: insert 500 rows into SQLite, one statement and one commit for each, or in one transaction
func BenchmarkHW707(b *testing.B) {
	b.Run("before", each(b, func(b *testing.B, db *sql.DB) {
		for i := range rows {
			if _, err := db.Exec(insert, i, 10*i); err != nil {
				b.Fatal(err)
			}
		}
	}))
	b.Run("after", each(b, inTransaction))
	b.Run("transaction/before", each(b, inTransaction))
	b.Run("transaction/after", each(b, together))
}

func inTransaction(b *testing.B, db *sql.DB) {
	tx, err := db.Begin()
	if err != nil {
		b.Fatal(err)
	}
	for i := range rows {
		if _, err := tx.Exec(insert, i, 10*i); err != nil {
			b.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
}

func together(b *testing.B, db *sql.DB) {
	values := make([]any, 0, 2*rows)
	for i := range rows {
		values = append(values, i, 10*i)
	}
	all := insert + strings.Repeat(", (?, ?)", rows-1)
	if _, err := db.Exec(all, values...); err != nil {
		b.Fatal(err)
	}
}
