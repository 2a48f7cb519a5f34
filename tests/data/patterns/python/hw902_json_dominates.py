import json

import msgspec
from endpoints import register
from starlette.requests import Request
from starlette.responses import Response


class User(msgspec.Struct):
    id: int
    name: str
    tags: list[str]
    score: float


DOCUMENT = json.dumps(
    [
        {"id": each, "name": f"user-{each}", "tags": ["a", "b", "admin"], "score": each / 7}
        for each in range(300)
    ]
).encode()
USERS = msgspec.json.Decoder(list[User])


def before(_request: Request) -> Response:
    users = json.loads(DOCUMENT)
    total = sum(user["id"] + len(user["tags"]) for user in users)
    return Response(json.dumps({"total": total, "users": users}, separators=(",", ":")).encode())


def after(_request: Request) -> Response:
    users = USERS.decode(DOCUMENT)
    total = sum(user.id + len(user.tags) for user in users)
    return Response(msgspec.json.encode({"total": total, "users": users}))


register("HW902", before, after)
