from functools import cache, lru_cache
from itertools import count

from endpoints import register
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

VISITORS = count()


@cache
def profile(visitor: str) -> list[str]:
    return [f"{visitor}-{each}" for each in range(1000)]


def before(request: Request) -> Response:
    visitor = request.headers.get("visitor", f"visitor-{next(VISITORS):09}")
    return PlainTextResponse(str(len(profile(visitor))))


@lru_cache(maxsize=2)
def bounded_profile(visitor: str) -> list[str]:
    return [f"{visitor}-{each}" for each in range(1000)]


def after(request: Request) -> Response:
    visitor = request.headers.get("visitor", f"visitor-{next(VISITORS):09}")
    return PlainTextResponse(str(len(bounded_profile(visitor))))


register("HW908", before, after)
