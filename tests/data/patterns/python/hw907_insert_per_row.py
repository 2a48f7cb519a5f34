import sqlite3

from endpoints import register
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

ROWS = [(each, f"user-{each}", each * 7) for each in range(300)]


def store() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE users (id, name, score)")
    return connection


def count(connection: sqlite3.Connection) -> str:
    (number,) = connection.execute("SELECT count(*) FROM users").fetchone()
    connection.close()
    return str(number)


def before(_request: Request) -> Response:
    connection = store()
    for row in ROWS:
        connection.execute("INSERT INTO users VALUES (?, ?, ?)", row)
        connection.commit()
    return PlainTextResponse(count(connection))


def after(_request: Request) -> Response:
    connection = store()
    with connection:
        connection.executemany("INSERT INTO users VALUES (?, ?, ?)", ROWS)
    return PlainTextResponse(count(connection))


register("HW907", before, after)
