"""State that stays, and batches that are kept for a while: what makes CPython collect."""

import gc

from endpoints import ROUTES
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

STATE: list[dict[str, int]] = []


def keep(_request: Request) -> Response:
    """Load what stays."""
    STATE.extend({"id": each} for each in range(300_000))
    return PlainTextResponse(str(len(STATE)))


def batch(_request: Request) -> Response:
    """Hold many small objects until the answer is sent."""
    made = [{"id": each} for each in range(20_000)]
    return PlainTextResponse(str(len(made)))


def freeze(_request: Request) -> Response:
    """Do as the rule advises."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    return PlainTextResponse(str(gc.get_freeze_count()))


ROUTES += [
    Route("/collector/keep", keep),
    Route("/collector/batch", batch),
    Route("/collector/freeze", freeze),
]
