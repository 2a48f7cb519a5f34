package fixtures

import (
	"database/sql"
	"os/exec"
	"time"
)

type event struct{ name string }

// again tries until the row is in.
func again(db *sql.DB, name string) (err error) {
	for attempt := 0; attempt < 3; attempt++ {
		if _, err = db.Exec("INSERT INTO events (name) VALUES (?)", name); err == nil {
			return nil
		}
		time.Sleep(time.Second)
	}
	for range 3 {
		if _, err = db.Exec("INSERT INTO events (name) VALUES (?)", name); err == nil {
			return nil
		}
	}
	return err
}

// listen writes what comes when it comes.
func listen(db *sql.DB, events <-chan event) {
	for each := range events {
		db.Exec("INSERT INTO events (name) VALUES (?)", each.name)
	}
}

// seed fills in a few rows that stand here.
func seed(db *sql.DB) error {
	kinds := []string{"a", "b", "c"}
	for i, kind := range kinds {
		if _, err := db.Exec("INSERT INTO kinds (id, kind) VALUES (?, ?)", i, kind); err != nil {
			return err
		}
	}
	return nil
}

func pairs(db *sql.DB, names []string) error {
	for i, name := range names {
		_, err := db.Exec("INSERT INTO pairs (a, b) VALUES (?, ?), (?, ?)", i, name, name, i)
		if err != nil {
			return err
		}
	}
	return nil
}

func update(db *sql.DB, names []string) error {
	for id, name := range names {
		if _, err := db.Exec("UPDATE users SET name = ? WHERE id = ?", name, id); err != nil {
			return err
		}
	}
	return nil
}

func migrate(db *sql.DB, statements []string) error {
	for _, each := range statements {
		if _, err := db.Exec(each); err != nil {
			return err
		}
	}
	return nil
}

// queue has a function for each row; who runs it, and when, is not to be seen.
func queue(db *sql.DB, names []string) (jobs []func() error) {
	for _, name := range names {
		jobs = append(jobs, func() error {
			_, err := db.Exec("INSERT INTO users (name) VALUES (?)", name)
			return err
		})
	}
	return jobs
}

func run(names []string) {
	for _, name := range names {
		exec.Command(name).Run()
	}
}
