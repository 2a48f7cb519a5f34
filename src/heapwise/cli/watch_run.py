"""``heapwise watch run``: watch until interrupted."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

import click
import msgspec

from heapwise.cli.extras import needs_extra
from heapwise.cli.kinds import DURATION, parse_place
from heapwise.cli.options import Option
from heapwise.cli.options import command as make_command
from heapwise.cli.output import next_step, note, on_terminal
from heapwise.cli.watch_options import HOUR, SHARD, STORE, changed, config_reader
from heapwise.errors import HeapwiseError
from heapwise.model.watch import Alert, Health, Severity
from heapwise.names import visible
from heapwise.record.interrupt import stop_on_signal
from heapwise.report.alert_text import alert_line, render_alert
from heapwise.units import NS_PER_S, format_duration, how_many
from heapwise.watch.alerts import Pace, Route
from heapwise.watch.assembly import Assembly, assembled
from heapwise.watch.clock import SteadyClock
from heapwise.watch.config import Config, Shard, SinkKind, doubts
from heapwise.watch.config.tell import TERMINAL
from heapwise.watch.itself import SERVICE
from heapwise.watch.sinks.stdout import Stdout

_HTTP = Option(
    name="http", type=click.STRING, metavar="HOST:PORT",
    help="Serve the page and /metrics here; :8090 is on loopback, other addresses need a token.",
)  # fmt: skip
_INTERVAL = Option(
    name="interval", type=DURATION,
    help="Between two readings of a target; default: as configured, else 15s, less with --hour.",
)  # fmt: skip
_LENGTH = Option(name="duration", short="d", type=DURATION, help="End after so long.")

_STATUS_S = 1.0


@make_command("run", _HTTP, STORE, _INTERVAL, HOUR, SHARD, _LENGTH, "json", "quiet")
@click.argument("sources", nargs=-1, required=True, metavar="CONFIG|SERVICE…")
def command(
    sources: tuple[str, ...],
    http: str | None,
    store: Path | None,
    interval: int | None,
    hour: int | None,
    shard: Shard | None,
    duration: int | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Watch services until interrupted; alerts are printed, and told as CONFIG says.

    CONFIG is a TOML file; SERVICE is an address as for `heapwise record`, with a name before it if
    wanted: checkout=10.0.0.7:6060. SIGHUP reads CONFIG again and takes over its services.
    """
    read = config_reader(sources)
    config = changed(read(), store=store, hour=hour, interval=interval, shard=shard)
    if http is not None:
        page = msgspec.structs.replace(config.http, listen=parse_place(http))
        config = msgspec.structs.replace(config, http=page)
    if not quiet:
        for doubt in doubts(config):
            note(visible(doubt))
    with ExitStack() as stack:
        tell = lambda line: note(visible(line))  # noqa: E731 - a name for what is passed on
        printed = _printed(config, as_json=as_json)
        made = stack.enter_context(assembled(config, SteadyClock(), tell, printed))
        stop = stack.enter_context(stop_on_signal(lambda _: None))
        stack.enter_context(_reloading(made, read, tell))
        if config.http.listen is not None:
            _serve(stack, config, made)
        if duration is not None:
            _end_after(stack, stop, duration)
        if on_terminal() and not quiet:
            stack.enter_context(_status(made, stop))
        made.watcher.run(stop)
    if not quiet and not as_json:
        next_step(f"heapwise watch page --store {config.watch.store}")


_EVERYTHING = Pace(least=Severity.CAPTURE, gather_ns=0, between_ns=0, repeat_ns=0)
"""Who looks on is told at once, also of what calls nobody."""


class _Lines:
    """Alerts for people: in full when they begin, on a line when they are over."""

    name = TERMINAL

    def send(self, alerts: Sequence[Alert]) -> None:
        """Print them."""
        for alert in alerts:
            text = alert_line(alert) if alert.ended_ns is not None else render_alert(alert)
            sys.stdout.write(f"{text.rstrip()}\n")
        sys.stdout.flush()


def _printed(config: Config, *, as_json: bool) -> tuple[Route, ...]:
    """What is printed besides; nothing where a sink writes its own lines there."""
    if any(sink.type is SinkKind.STDOUT for sink in config.sink):
        return ()
    sink = Stdout(TERMINAL, sys.stdout.buffer) if as_json else _Lines()
    return (Route(sink, _EVERYTHING),)


def _serve(stack: ExitStack, config: Config, made: Assembly) -> None:
    """The page, in a thread, until the stack is left.

    Raises:
        UsageError: the extra is not installed, or the address cannot be listened on.
    """
    with needs_extra("the page", "watch"):
        from heapwise.watch.export.prometheus import render  # noqa: PLC0415 - an extra, and slow
        from heapwise.web.server import listen  # noqa: PLC0415 - as above
        from heapwise.web.watch.serving import serving_page  # noqa: PLC0415 - as above
    assert config.http.listen is not None  # noqa: S101 - asked by the caller
    listener = stack.enter_context(listen(*config.http.listen))
    secret = config.http.token_file
    live = made.live

    def metrics() -> tuple[bytes, str]:
        return render(live.states(), live.alerts(open_only=True), live.own())

    address = stack.enter_context(
        serving_page(
            listener,
            live,
            token=secret.read() if secret else "",
            metrics=metrics,
            names=config.http.called,
        )
    )
    # A token of the configuration is a secret; one that was made up has to be told.
    shown = address.partition("?")[0] if secret else address
    note(f"open {shown} (Ctrl-C ends it)")


@contextmanager
def _reloading(
    made: Assembly, read: Callable[[], Config], tell: Callable[[str], None]
) -> Iterator[None]:
    """Read the configuration again at SIGHUP, where there is one."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def reload(_number: int, _frame: FrameType | None) -> None:
        try:
            made.watcher.reconfigure(read())
        except HeapwiseError as error:
            tell(f"the configuration stays as it was: {error}")
        else:
            tell("took over the services of the configuration")

    earlier = signal.signal(signal.SIGHUP, reload)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, earlier)


def _end_after(stack: ExitStack, stop: threading.Event, duration_ns: int) -> None:
    timer = threading.Timer(duration_ns / NS_PER_S, stop.set)
    timer.daemon = True
    timer.start()
    stack.callback(timer.cancel)


@contextmanager
def _status(made: Assembly, stop: threading.Event) -> Iterator[None]:
    """A line on the terminal that says how things stand, once a second."""
    began = made.live.now_ns()

    def draw() -> None:
        while not stop.wait(_STATUS_S):
            sys.stderr.write(f"\r\x1b[K{_standing(made, began)}")
            sys.stderr.flush()

    thread = threading.Thread(target=draw, name="heapwise-status", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        sys.stderr.write("\r\x1b[K")


def _standing(made: Assembly, began_ns: int) -> str:
    states = [state for state in made.live.states() if state.target.service != SERVICE]
    up = sum(state.health is Health.UP for state in states)
    lasting = len(made.live.alerts(open_only=True))
    watched = format_duration(made.live.now_ns() - began_ns)
    return f"{how_many(len(states), 'target')}, {up} up, {how_many(lasting, 'alert')}; {watched}"
