"""Two ways to make the gateway's answer of what the service behind it says.

Both read everything that is known of sixty people, and answer with five fields of those who are
active, and how many live in each city.
"""

from __future__ import annotations

import json
from collections import Counter

from msgspec import Struct
from msgspec.json import Decoder, Encoder


def with_dictionaries(body: bytes) -> bytes:
    """With the standard library, written to be read by people too."""
    users = [user for user in json.loads(body) if user["active"]]
    members = [
        {
            "id": user["id"],
            "name": f"{user['name']['first']} {user['name']['last']}",
            "email": user["email"],
            "title": user["job"]["title"],
            "city": user["address"]["city"],
        }
        for user in users
    ]
    cities = Counter(member["city"] for member in members)
    answer = {"count": len(members), "cities": dict(sorted(cities.items())), "members": members}
    return json.dumps(answer, indent=2).encode()


class Name(Struct, gc=False):
    """Who somebody is."""

    first: str
    last: str


class Job(Struct, gc=False):
    """What somebody does."""

    title: str


class Address(Struct, gc=False):
    """Where somebody lives."""

    city: str


class User(Struct, gc=False):
    """Of what is known of somebody, what the answer needs; the rest is not even made."""

    id: int
    name: Name
    email: str
    job: Job
    address: Address
    active: bool


class Member(Struct, gc=False):
    """Somebody in the answer."""

    id: int
    name: str
    email: str
    title: str
    city: str


class Team(Struct):
    """The answer."""

    count: int
    cities: dict[str, int]
    members: list[Member]


_USERS = Decoder(list[User])
_TEAM = Encoder()


def with_types(body: bytes) -> bytes:
    """With types that declare what is needed."""
    members = [
        Member(
            id=user.id,
            name=f"{user.name.first} {user.name.last}",
            email=user.email,
            title=user.job.title,
            city=user.address.city,
        )
        for user in _USERS.decode(body)
        if user.active
    ]
    cities = Counter(member.city for member in members)
    return _TEAM.encode(Team(len(members), dict(sorted(cities.items())), members))
