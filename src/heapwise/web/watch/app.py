"""The application: its addresses, and what each shows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from heapwise.errors import HeapwiseError
from heapwise.report.flame_html import Page
from heapwise.units import format_span
from heapwise.web.access import Access, Guard
from heapwise.web.watch.board import SPARK_HOURS, Board
from heapwise.web.watch.charts import chart_data, view_of_alert, view_of_service
from heapwise.web.watch.events import Feed
from heapwise.web.watch.html import render
from heapwise.web.watch.profiles import Profiles, first_of_kind
from heapwise.web.watch.services import by_service, newest_first, word_of
from heapwise.web.watch.silences import LENGTHS, silence
from heapwise.web.watch.source import Watched

_MOST_ALERTS = 500  # on the page of all alerts
_MOST_ROWS = 50  # of anything else


class Unknown(HeapwiseError):  # noqa: N818 - an answer, not a mistake
    """Nothing goes by the name that was asked for."""


class Pages:
    """The pages for people; each method makes one, in a thread."""

    def __init__(self, watched: Watched, board: Board) -> None:
        self._watched = watched
        self._board = board

    def services(self, _: Request) -> Page:
        """All services."""
        self._board.refresh()
        seen, rows = self._board.rows()
        return render(
            "services.html",
            seen=seen,
            rows=rows,
            span=format_span(self._watched.scale.ns(hours=SPARK_HOURS)),
            **{name: self._board.shown(name) for name in ("counts", "alerts", "sinks")},
        )

    def service(self, request: Request) -> Page:
        """One service, or one instance of it."""
        name = request.query_params.get("name", "")
        states = by_service(self._watched.states()).get(name)
        if not states:
            raise Unknown("no such service is watched")
        states.sort(key=lambda state: state.target.instance)
        instances = [state.target.instance for state in states]
        instance = request.query_params.get("instance", "")
        alerts = newest_first([one for one in self._watched.alerts() if one.service == name])
        running = [one for one in alerts if one.ended_ns is None]
        captures = [one for state in states
                    for one in self._watched.profiles(state.target.key, 0)]  # fmt: skip
        captures.sort(key=lambda one: one.at_ns, reverse=True)
        return render(
            "service.html",
            name=name,
            word=word_of(states, running),
            states=states,
            view=view_of_service(
                name, instance if instance in instances else "", instances, self._watched.scale
            ),
            open_alerts=running[:_MOST_ROWS],
            past_alerts=alerts[len(running) :][:_MOST_ROWS],
            deploys=list(self._watched.deploys(name))[: -_MOST_ROWS - 1 : -1],
            captures=captures[:_MOST_ROWS],
        )

    def alerts(self, _: Request) -> Page:
        """All alerts that are kept."""
        alerts = newest_first(self._watched.alerts())
        more = max(0, len(alerts) - _MOST_ALERTS)
        return render("alerts.html", alerts=alerts[:_MOST_ALERTS], more=more)

    def alert(self, request: Request) -> Page:
        """One alert with its evidence."""
        ident = request.query_params.get("id", "")
        found = next((one for one in self._watched.alerts() if one.id == ident), None)
        if found is None:
            raise Unknown("no such alert is kept")
        return render(
            "alert.html",
            it=found,
            firsts=first_of_kind(found.captures),
            view=view_of_alert(found, self._watched.now_ns(), self._watched.scale),
            silences=[(key, words) for key, (words, _) in LENGTHS.items()]
            if self._watched.can_silence
            else [],
        )


def application(
    watched: Watched,
    access: Access,
    *,
    metrics: Callable[[], tuple[bytes, str]] | None = None,
    ending: Callable[[], bool] = lambda: False,
    period_s: float = 1.0,
) -> Starlette:
    """Everything that is served.

    Args:
        watched: what is shown.
        access: to whom.
        metrics: the text for Prometheus and its content type; None to have none.
        ending: whether the server is about to end; open streams end with it.
        period_s: between two events of a stream.
    """
    board = Board(watched, period_s)
    pages = Pages(watched, board)

    async def write(request: Request) -> Response:
        return await silence(request, watched)

    async def timeline(request: Request) -> Response:
        asked = [request.query_params.get(name, "") for name in ("service", "instance", "range")]
        return JSONResponse(await run_in_threadpool(chart_data, watched, *asked))

    async def exposition(_: Request) -> Response:
        if metrics is None:
            return PlainTextResponse("a store has no metrics of its own: ask its watcher\n", 404)
        text, kind = await run_in_threadpool(metrics)
        return Response(text, headers={"content-type": kind})

    async def health(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    shown = {
        "/": pages.services,
        "/service": pages.service,
        "/alerts": pages.alerts,
        "/alert": pages.alert,
    }
    routes = [
        *(Route(path, _page(make, access), methods=["GET"]) for path, make in shown.items()),
        *Profiles(watched).routes,
        Route("/api/timeline", timeline, methods=["GET"]),
        Route("/api/silences", write, methods=["POST"]),
        Route("/events", Feed(board, ending, period_s), methods=["GET"]),
        Route("/metrics", exposition, methods=["GET"]),
        Route("/healthz", health, methods=["GET"]),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(Guard, access=access)],
        exception_handlers={HeapwiseError: _told},
    )


async def _told(_: Request, error: Exception) -> Response:
    """What is wrong, in one line, wherever it was found."""
    return PlainTextResponse(f"{error}\n", 404 if isinstance(error, Unknown) else 502)


def _page(
    make: Callable[[Request], Page], access: Access
) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint of a page."""

    async def show(request: Request) -> Response:
        if settled := access.settled(request):
            return settled
        page = await run_in_threadpool(make, request)
        headers = {"content-security-policy": page.policy}
        return Response(page.text, media_type="text/html", headers=headers)

    return show
