"""Bounded."""

from functools import lru_cache


@lru_cache(maxsize=1000)
def profile(user):
    return {"user": user}


def page(request):
    return profile(request.headers["user"])
