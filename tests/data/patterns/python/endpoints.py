"""The endpoints of the service, as each pattern's module registers them."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

ROUTES: list[Route] = []

Handler = Callable[[Request], Response]


def register(code: str, before: Handler, after: Handler) -> None:
    """Answer ``GET /HW904/before`` with the pattern, and ``GET /HW904/after`` without."""
    ROUTES.append(Route(f"/{code}/before", before))
    ROUTES.append(Route(f"/{code}/after", after))
