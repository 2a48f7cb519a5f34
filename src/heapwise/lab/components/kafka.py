"""Apache Kafka in KRaft mode: one broker that is its own controller, made for one run of a lab.

It is on neither Debian nor PyPI. Where there are Java and Maven, Maven Central's jars are kept in
the cache of labs; then Maven is not needed any more.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from heapwise.errors import ToolchainError
from heapwise.lab.cache import cache_root
from heapwise.lab.components.base import Kind, Running
from heapwise.lab.components.serving import served
from heapwise.lab.ports import free_ports

RELEASE = "4.1.0"

_POM = f"""<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>heapwise.lab</groupId>
  <artifactId>kafka</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>{RELEASE}</version>
    </dependency>
    <dependency><!-- prints what the broker logs -->
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-simple</artifactId>
      <version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
"""
_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
_FETCH_S = 600
_FORMAT_S = 60

_CLUSTER = "aGVhcHdpc2UtbGFiLTAwMQ"
"""Any 16 bytes in base64."""

_OPTIONS = ("-Xmx512m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")


class Kafka:
    """A broker from Maven Central's jars."""

    kind = Kind.PACKAGE

    def missing(self) -> str:
        """What to install, in a line; empty where it can be started."""
        if shutil.which("java") is None:
            return "Apache Kafka needs Java 17 or newer: apt-get install default-jre-headless"
        if not fetched_to().is_dir() and shutil.which("mvn") is None:
            return "Apache Kafka comes through Maven: apt-get install maven"
        if find_spec("confluent_kafka") is None:
            return "Apache Kafka needs its client: pip install confluent-kafka"
        return ""

    @contextmanager
    def start(self, directory: Path) -> Iterator[Running]:
        """Format a data directory and serve it; the first time on a machine fetches the jars.

        Raises:
            ToolchainError: the jars cannot be had, or the broker does not start.
        """
        java = [shutil.which("java") or "java", "-cp", f"{fetched()}/*"]
        directory.mkdir(parents=True, exist_ok=True)
        port, controller = free_ports(2)
        settings = directory / "server.properties"
        settings.write_text(_settings(directory / "data", port, controller))
        storage = [*java, "kafka.tools.StorageTool", "format", "-t", _CLUSTER, "-c", str(settings)]
        _run(storage, "format its data directory", _FORMAT_S)
        serve = [*java, *_OPTIONS, "kafka.Kafka", str(settings)]
        log = directory / "kafka.log"
        with served("Apache Kafka", serve, port, log, ready=lambda: _answers(port)):
            what = f"Apache Kafka {RELEASE} in KRaft mode, from Maven Central"
            yield Running(f"kafka://127.0.0.1:{port}", what, self.kind)


def fetched() -> Path:
    """The directory of the jars, which Maven fills the first time.

    Raises:
        ToolchainError: it cannot.
    """
    jars = fetched_to()
    if jars.is_dir():
        return jars
    try:
        jars.parent.mkdir(parents=True, exist_ok=True)
        scratch = tempfile.TemporaryDirectory(dir=jars.parent)
    except OSError as error:
        raise ToolchainError(f"cannot write {jars.parent}", error.strerror or "") from None
    with scratch as name:
        draft = Path(name)
        (draft / "pom.xml").write_text(_POM)
        # A repository of its own, gone with the rest: the user's takes nothing from a lab.
        repository = f"-Dmaven.repo.local={draft}/repository"
        target = f"-DoutputDirectory={draft}/jars"
        copy = ["mvn", "-B", "-q", "-f", f"{draft}/pom.xml", repository, _COPY, target]
        _run(copy, "fetch its jars", _FETCH_S)
        if not jars.is_dir():  # else another process was first
            (draft / "jars").rename(jars)
    return jars


def fetched_to() -> Path:
    """The directory of the jars, once they are there."""
    return cache_root() / "kafka" / RELEASE


def _settings(data: Path, port: int, controller: int) -> str:
    """The broker's settings: one node, all on the loopback, topics made by whoever needs them."""
    return "\n".join(
        (
            "node.id=1",
            "process.roles=broker,controller",
            f"controller.quorum.voters=1@127.0.0.1:{controller}",
            "controller.listener.names=CONTROLLER",
            f"listeners=BROKER://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
            f"advertised.listeners=BROKER://127.0.0.1:{port}",
            "inter.broker.listener.name=BROKER",
            "listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
            f"log.dirs={data}",
            "auto.create.topics.enable=false",
            "offsets.topic.num.partitions=1",
            "offsets.topic.replication.factor=1",
            "group.initial.rebalance.delay.ms=0",
            "",
        )
    )


def _run(words: Sequence[str], what: str, seconds: float) -> None:
    """Run one of Kafka's programs to its end.

    Raises:
        ToolchainError: it fails, with its last line.
    """
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, errors="replace", check=False, timeout=seconds
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolchainError(f"Apache Kafka cannot {what}", str(error)) from None
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise ToolchainError(f"Apache Kafka cannot {what}", " | ".join(said[-3:])[:400])


def _answers(port: int) -> bool:
    """Whether the broker takes part in its cluster: it lists itself."""
    from confluent_kafka import KafkaException  # noqa: PLC0415 - an extra's
    from confluent_kafka.admin import AdminClient  # noqa: PLC0415 - the same

    client = AdminClient({"bootstrap.servers": f"127.0.0.1:{port}", "log_level": 0})
    try:
        return bool(client.list_topics(timeout=2).brokers)
    except KafkaException:
        return False
