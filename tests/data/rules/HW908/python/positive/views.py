"""Caches whose keys requests choose."""

import functools
from functools import lru_cache

from flask import Flask, request

app = Flask(__name__)
PAGES = {}


@functools.cache
def profile(user):  # want HW908
    return {"user": user}


@lru_cache(maxsize=None)
def price(item, currency):  # want HW908
    return len(item) * len(currency)


def page(request):
    user = request.headers["user"]
    return profile(user)


@app.get("/price/<item>")
def priced(item):
    return {"price": price(item, "EUR")}


@app.get("/search")
def search():
    words = request.args["q"]
    if words not in PAGES:
        PAGES[words] = words.split()  # want HW908
    return {"found": PAGES[words]}
