"""Clients that are kept, belong to the request's own user, or are made once."""

from contextlib import asynccontextmanager
from functools import cache

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


class Api:
    def __init__(self, request):
        self.session = requests.Session()
