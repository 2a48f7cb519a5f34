"""Row by row."""

INSERT = "insert into events (id, kind) values (%s, %s)"


def load(connection, rows):
    for row in rows:
        connection.execute("INSERT INTO events VALUES (?, ?)", row)  # want HW907
        connection.commit()


def save(cursor, events):
    for event in events:
        if event.kind:
            cursor.execute(INSERT, (event.id, event.kind))  # want HW907


async def copy(database, rows):
    async for row in rows:
        await database.execute("INSERT OR IGNORE INTO events VALUES ($1)", (row,))  # want HW907
