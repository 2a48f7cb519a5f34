"""Labels that a sink adds to every alert."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from heapwise.model.watch import Alert
from heapwise.watch.alerts import Sink


class Labelled:
    """Another sink, told of alerts with more labels; those that an alert has itself stay.

    Args:
        sink: the other one.
        labels: to be added.
    """

    def __init__(self, sink: Sink, labels: Mapping[str, str]) -> None:
        self.name = sink.name
        self._sink = sink
        self._labels = dict(labels)

    def send(self, alerts: Sequence[Alert]) -> None:
        """Tell the other sink.

        Raises:
            ServiceError: it did not take them.
        """
        self._sink.send([self._with_labels(alert) for alert in alerts])

    def _with_labels(self, alert: Alert) -> Alert:
        both = {**self._labels, **dict(alert.labels)}
        return msgspec.structs.replace(alert, labels=tuple(sorted(both.items())))
