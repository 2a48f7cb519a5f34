"""Clients that are kept, belong to the request's own user, or are made once."""

from contextlib import asynccontextmanager
from functools import cache

from celery import shared_task as task
import boto3
import httpx
import requests

_client = None
_sessions = {}


def download(path):
    """A tool that asks once."""
    return requests.get("http://files.internal/" + path).content


@cache
def store():
    return boto3.client("s3")


def client():
    global _client
    if _client is None:
        _client = httpx.Client()
    return _client


def session_of(host):
    session = _sessions.get(host)
    if not session:
        session = _sessions[host] = requests.Session()
    return session


def on_behalf_of(token):
    return httpx.Client(headers={"Authorization": token})


@asynccontextmanager
async def lifespan(app):
    async with httpx.AsyncClient() as client:
        app.client = client
        yield


def users(request):
    store().put_object(Bucket="log", Key="users")
    with on_behalf_of(request.headers["Authorization"]) as mine:
        return client().get("/users"), session_of("a").get("/"), mine.get("/me")


async def proxied(request):
    transport = httpx.ASGITransport(app=request.app)
    async with httpx.AsyncClient(transport=transport) as inner:
        return await inner.get("/inner")


@task
def by_the_clock():
    """A task without arguments is nobody's request."""
    return requests.get("http://rates.internal/today").json()


def ensured(request):
    session = requests.Session()
    session.headers["User-Agent"] = "views"
    request.app.session = session
    return session.get("http://a.internal/")


def made_for_somebody():
    session = requests.Session()
    return session


def wrapped(request):
    session = requests.Session()
    return request.app.keep(session)


def stale(request):
    found = _sessions.get(request.path)
    if not found:
        found = fetched(request.path)
    return found, made_for_somebody()


def fetched(path):
    """Only where nothing was kept."""
    return requests.get("http://pages.internal/" + path).content


class Api:
    def __init__(self, request):
        self.session = requests.Session()
