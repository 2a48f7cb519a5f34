"""Statements that differ, whose results are needed, or that come one by one."""


def with_ids(cursor, rows):
    for row in rows:
        cursor.execute("INSERT INTO events VALUES (?, ?)", row)
        yield cursor.lastrowid


def returned(cursor, rows):
    for row in rows:
        yield cursor.execute("INSERT INTO events VALUES (%s) RETURNING id", row).fetchone()


def tables(cursor, rows):
    for row in rows:
        cursor.execute(f"INSERT INTO {row.table} VALUES (?)", (row.value,))


def few(cursor):
    for name in ("admin", "guest"):
        cursor.execute("INSERT INTO roles VALUES (?)", (name,))


def schema(cursor, statements):
    for statement in statements:
        cursor.execute(statement)


def consume(cursor, queue):
    """Messages come when they come."""
    while True:
        message = queue.get()
        cursor.execute("INSERT INTO events VALUES (?)", (message,))


def batches(connection, groups):
    for group in groups:
        connection.executemany("INSERT INTO events VALUES (?)", group)
        connection.commit()


def look_up(cursor, names):
    for name in names:
        cursor.execute("SELECT id FROM users WHERE name = ?", (name,))


def replaced(cursor, rows):
    """Another statement between two of them: their order may matter."""
    for row in rows:
        cursor.execute("DELETE FROM events WHERE id = ?", (row.id,))
        cursor.execute("INSERT INTO events VALUES (?)", (row.id,))


def upgraded(cursor, files, run):
    for file in files:
        run(file, cursor)
        cursor.execute("INSERT INTO applied VALUES (?)", (file,))
