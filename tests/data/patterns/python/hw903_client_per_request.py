import requests
from endpoints import ROUTES, register
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

directory = requests.Session()


async def users(_request: Request) -> Response:
    return PlainTextResponse("user-1\n" * 100)


def before(request: Request) -> Response:
    answer = requests.get(f"{request.base_url}users", timeout=5)
    return PlainTextResponse(str(len(answer.text)))


def session(request: Request) -> Response:
    with requests.Session() as mine:
        answer = mine.get(f"{request.base_url}users", timeout=5)
    return PlainTextResponse(str(len(answer.text)))


def after(request: Request) -> Response:
    answer = directory.get(f"{request.base_url}users", timeout=5)
    return PlainTextResponse(str(len(answer.text)))


ROUTES.append(Route("/users", users))
ROUTES.append(Route("/HW903/session", session))
register("HW903", before, after)
