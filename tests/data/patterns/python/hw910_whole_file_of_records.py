import json
import tempfile
from pathlib import Path

import msgspec
from endpoints import register
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

FOLDER = Path(tempfile.mkdtemp())
RECORDS = [json.dumps({"id": each, "name": f"user {each}", "score": each}) for each in range(400)]
(FOLDER / "records.json").write_text("[" + ",".join(RECORDS) + "]")
(FOLDER / "records.ndjson").write_text("\n".join(RECORDS))


class Record(msgspec.Struct):
    score: int


RECORD = msgspec.json.Decoder(Record)


def before(_request: Request) -> Response:
    total = 0
    with (FOLDER / "records.json").open() as file:
        records = json.load(file)
    for record in records:
        total += record["score"]
    return PlainTextResponse(str(total))


def after(_request: Request) -> Response:
    total = 0
    with (FOLDER / "records.ndjson").open("rb") as file:
        for line in file:
            total += RECORD.decode(line).score
    return PlainTextResponse(str(total))


register("HW910", before, after)
