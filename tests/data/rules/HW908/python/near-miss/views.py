"""Bounded by the program, or emptied again."""

from functools import cache

HANDLERS = {}
SESSIONS = {}
RECENT = {}
COUNTS = {"pages": 0}


@cache
def template(name):
    return name.upper()


@cache
def settings():
    return {}


@cache
def style(dark: bool):
    return "dark" if dark else "light"


@cache
def squares(number):
    return number * number


def register(name, handler):
    HANDLERS[name] = handler


def page(request):
    return template("page"), settings(), style(request.dark), HANDLERS["page"]


def begin(request, user):
    SESSIONS[user] = request


def end(request, user):
    SESSIONS.pop(user, None)


def look(request, words):
    RECENT[words] = request
    while len(RECENT) > 100:
        del RECENT[next(iter(RECENT))]


def counted(request):
    COUNTS[request.path] = 1


@cache
def greeting(method, kind):
    return method + kind.__name__


def greeted(request):
    return greeting(request.method, type(request))


def page_of(name):
    return template(name)


def pages(request):
    return page_of("first") + page_of("second")


def table(size):
    return [squares(number) for number in range(size)]
