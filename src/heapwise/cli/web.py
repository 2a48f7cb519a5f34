"""``heapwise web``: a profile in the browser, read anew whenever the page is loaded."""

from __future__ import annotations

from threading import Lock

from heapwise.cli.extras import needs_extra
from heapwise.cli.kinds import parse_place
from heapwise.cli.output import note
from heapwise.cli.pages import PAGE, page_data
from heapwise.cli.views import Request, view_command


@view_command("web", ("http",), PAGE)
def command(request: Request) -> None:
    """Serve the page of `heapwise flame`, with sources read anew whenever it is loaded.

    Only this machine can open it, unless -http names another address; then the address that is
    printed holds a token. SOURCE is what it is for `heapwise top`.
    """
    with needs_extra("heapwise web", "web"):
        from heapwise.web.server import listen, serve  # noqa: PLC0415 - an extra, and slow
    host, port = parse_place(request.options["http"])
    listener = listen(host, port)
    with listener:
        first = page_data(request)  # whatever is wrong with the sources is said here, not there
        fresh = [first.data]
        given = request.options
        read_once = "-" in (*given["source"], given["base"], given["diff_base"])
        reading = Lock()

        def data() -> bytes:
            # One reading at a time, and none for the first page: it was read just now. Standard
            # input holds nothing a second time.
            if read_once:
                return first.data
            with reading:
                return fresh.pop() if fresh else page_data(request).data

        serve(listener, first.title, data, lambda url: note(f"open {url} (Ctrl-C ends it)"))
