"""Clients that live as long as a request."""

import requests
import httpx
from aiohttp import ClientSession
from flask import Flask
from fastapi import APIRouter

app = Flask(__name__)
router = APIRouter()
DIRECTORY = "http://directory.internal"


@app.get("/users")
def users():
    return requests.get(f"{DIRECTORY}/users", timeout=2).json()  # want HW903


def rates():
    session = requests.Session()  # want HW903
    return session.get("http://rates.internal/today").json()


@app.route("/price/<item>")
def price(item):
    return {"price": rates()[item]}


@router.get("/orders")
async def orders():
    async with httpx.AsyncClient(timeout=2) as client:  # want HW903
        answer = await client.get("http://orders.internal/")
    return answer.json()


async def stock(request):
    async with ClientSession() as session:  # want HW903
        async with session.get("http://stock.internal/") as answer:
            return await answer.json()
