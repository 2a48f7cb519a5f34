package main

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
)

func init() { register("HW707", insertRows, insertTogether) }

const orderCount = 200

type rowCounter struct{}

func (rowCounter) Open(string) (driver.Conn, error)    { return rowCounter{}, nil }
func (rowCounter) Prepare(string) (driver.Stmt, error) { return nil, errors.ErrUnsupported }
func (rowCounter) Begin() (driver.Tx, error)           { return nil, errors.ErrUnsupported }
func (rowCounter) Close() error                        { return nil }
func (rowCounter) Exec(query string, args []driver.Value) (driver.Result, error) {
	return driver.RowsAffected(len(args) / 2), nil
}

// orders is a database that counts rows and keeps none.
var orders = sync.OnceValue(func() *sql.DB {
	sql.Register("counter", rowCounter{})
	db, err := sql.Open("counter", "")
	if err != nil {
		panic(err)
	}
	return db
})

var orderIDs = make([]int, orderCount)

func insertRows(w http.ResponseWriter, r *http.Request) {
	db, rows := orders(), int64(0)
	for i, id := range orderIDs {
		done, err := db.Exec("INSERT INTO orders (id, cents) VALUES (?, ?)", id, 1000*i)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		n, _ := done.RowsAffected()
		rows += n
	}
	fmt.Fprintln(w, rows)
}

var manyRows = "INSERT INTO orders (id, cents) VALUES (?, ?)" + strings.Repeat(", (?, ?)", orderCount-1)

func insertTogether(w http.ResponseWriter, r *http.Request) {
	values := make([]any, 0, 2*orderCount)
	for i, id := range orderIDs {
		values = append(values, id, 1000*i)
	}
	done, err := orders().Exec(manyRows, values...)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	n, _ := done.RowsAffected()
	fmt.Fprintln(w, n)
}
