"""One process's part in its group: it answers for itself, and for all while it leads."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path

from heapwise_agent import listen
from heapwise_agent.config import Config
from heapwise_agent.listen import Listener
from heapwise_agent.prefork.farewell import heard, say
from heapwise_agent.prefork.member import MemberServer
from heapwise_agent.prefork.merged import MergedSource
from heapwise_agent.prefork.registry import Registry, RegistryError, group_directory, tidy
from heapwise_agent.routes import Router
from heapwise_agent.security import Policy
from heapwise_agent.server import Server
from heapwise_agent.source import Source

log = logging.getLogger("heapwise_agent")

_TRIES = 3


class Group:
    """For use from one thread at a time.

    Args:
        config: where to listen, and who may ask.
        local: this process.
        environ: says where the user's runtime directory is.
        listener: bound already, where a free port was asked for.
    """

    def __init__(
        self,
        config: Config,
        local: Source,
        environ: Mapping[str, str],
        listener: Listener | None = None,
    ) -> None:
        self._config = config
        self._local = local
        self._environ = environ
        self._listener = listener
        self._registry: Registry | None = None
        self._merged: MergedSource | None = None
        self._member: MemberServer | None = None
        self._server: Server | None = None
        self._warned = False

    @property
    def place(self) -> str:
        """Where this process listens for clients; empty while another process does."""
        return self._server.place if self._server is not None else ""

    @property
    def _listens(self) -> bool:
        return bool(self._config.address or self._config.unix_socket)

    def join(self) -> None:
        """Become one that others can ask; a process that cannot goes on alone."""
        if not self._listens:
            return
        try:
            directory = group_directory(self._config, self._environ)
            tidy(directory.parent, keep=directory)
            self._register(directory)
        except (RegistryError, OSError) as error:
            log.warning("this process shows itself only, without others of its service: %s", error)

    def attend(self) -> None:
        """Begin to lead where nobody does, and listen where the address is free."""
        if self._merged is not None:
            self._merged.hear()
        if (
            not self._listens
            or self._server is not None
            or (self._registry and not self._registry.lead())
        ):
            return
        try:
            listener = self._listener or self._listen()
        except OSError as error:
            if not self._warned:
                self._warned = True
                log.warning(
                    "cannot listen on %s: %s; the program runs on and the address is tried again",
                    self._config.place,
                    error.strerror or error,
                )
            return
        policy = Policy(
            token=self._config.token,
            hosts=self._config.hosts,
            any_host=self._config.unix_socket is not None,
        )
        self._server = Server(Router(self._source(), policy), listener)
        self._server.start()
        log.info("listening on %s", self._server.place)

    def warm(self) -> None:
        """Have threads ready, for when none can be started any more."""
        if self._server is not None:
            self._server.warm()
        if self._merged is not None:
            self._merged.warm()

    def leave(self) -> None:
        """Listen no more; another process of the group takes over, or knows how this one ended."""
        if self._member is not None:
            self._member.mute()
        if self._listens and (self._registry is None or not self._registry.leads):
            self._say_farewell()
        if self._server is not None:
            self._server.stop()
        if self._member is not None:
            self._member.stop()
        if self._registry is not None:
            self._registry.leave()

    def abandon(self) -> None:
        """In a forked child: close what is the parent's."""
        if self._server is not None:
            self._server.stop()
        if self._member is not None:
            self._member.abandon()
        if self._registry is not None:
            self._registry.forget()

    def _source(self) -> Source:
        registry = self._registry
        if registry is None:
            return self._local
        self._merged = MergedSource(
            self._local, registry.members, lambda: heard(registry.directory)
        )
        return self._merged

    def _say_farewell(self) -> None:
        """Also for a process that ends before it has joined."""
        try:
            directory = group_directory(self._config, self._environ)
            if directory.is_dir():
                say(directory, directory / f"{os.getpid()}.sock", self._local)
        except (RegistryError, OSError) as error:
            log.debug("the totals will lack what this process did since it was asked: %s", error)

    def _listen(self) -> Listener:
        address = self._config.address
        if self._config.unix_socket is not None or address is None:
            return listen.unix(Path(self._config.place))
        return listen.tcp(address.host, address.port)

    def _register(self, directory: Path) -> None:
        for attempt in range(_TRIES):
            registry = Registry(directory)
            try:
                with registry.publishing() as path:
                    self._member = MemberServer(path, self._local)
            except FileNotFoundError:  # tidied away by another process since it was made
                registry.forget()
                if attempt == _TRIES - 1:
                    raise
                continue
            except OSError:
                registry.forget()
                raise
            self._member.start()
            self._registry = registry
            return
