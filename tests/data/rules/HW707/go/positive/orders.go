package fixtures

import (
	"bufio"
	"context"
	"database/sql"
)

type order struct{ id, cents int }

const insertOrder = `
	INSERT INTO orders (id, cents)
	VALUES ($1, $2)
	ON CONFLICT (id) DO NOTHING`

func save(db *sql.DB, orders []order) error {
	for _, each := range orders {
		_, err := db.Exec("INSERT INTO orders (id, cents) VALUES (?, ?)", each.id, each.cents) // want HW707
		if err != nil {
			return err
		}
	}
	return nil
}

func saveTogether(ctx context.Context, db *sql.DB, orders []order) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for i := 0; i < len(orders); i++ {
		if _, err := tx.ExecContext(ctx, insertOrder, orders[i].id, orders[i].cents); err != nil { // want HW707
			return err
		}
	}
	return tx.Commit()
}

func load(db *sql.DB, lines *bufio.Scanner) error {
	insert, err := db.Prepare("insert or ignore into words (word) values (?)")
	if err != nil {
		return err
	}
	defer insert.Close()
	for lines.Scan() {
		if _, err := insert.Exec(lines.Text()); err != nil { // want HW707
			return err
		}
	}
	return lines.Err()
}
