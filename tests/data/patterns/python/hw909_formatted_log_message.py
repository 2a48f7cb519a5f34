import logging

from endpoints import register
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

logger = logging.getLogger(__name__)
USER = {"id": 1, "name": "user-1", "mail": "user-1@example.org"}


def before(_request: Request) -> Response:
    for each in range(200):
        logger.debug(f"user {USER} did {each} at {each * 1.5}")
    return PlainTextResponse("ok")


def after(_request: Request) -> Response:
    for each in range(200):
        logger.debug("user %s did %s at %s", USER, each, each * 1.5)
    return PlainTextResponse("ok")


register("HW909", before, after)
