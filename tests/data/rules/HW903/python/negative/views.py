"""One client for all requests."""

import httpx
import requests
from flask import Flask

app = Flask(__name__)
directory = requests.Session()
orders_client = httpx.AsyncClient(timeout=2)


@app.get("/users")
def users():
    return directory.get("http://directory.internal/users", timeout=2).json()


async def orders(request):
    answer = await orders_client.get("http://orders.internal/")
    return answer.json()
