package fixtures

import (
	"database/sql"
	"strings"
)

type order struct{ id, cents int }

func save(db *sql.DB, orders []order) error {
	var values []any
	for _, each := range orders {
		values = append(values, each.id, each.cents)
	}
	rows := strings.TrimSuffix(strings.Repeat("(?, ?), ", len(orders)), ", ")
	_, err := db.Exec("INSERT INTO orders (id, cents) VALUES "+rows, values...)
	return err
}

func one(db *sql.DB, o order) error {
	_, err := db.Exec("INSERT INTO orders (id, cents) VALUES (?, ?)", o.id, o.cents)
	return err
}
