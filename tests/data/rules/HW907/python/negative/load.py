"""All rows in one transaction."""


def load(connection, rows):
    with connection:
        connection.executemany("INSERT INTO events VALUES (?, ?)", rows)


def save(cursor, event):
    cursor.execute("INSERT INTO events VALUES (?, ?)", (event.id, event.kind))
