"""A POST of JSON to any address, signed if there is a secret to sign with."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence

from heapwise.model.envelope import json_line
from heapwise.model.watch import Alert
from heapwise.watch.alerts import Instances, notice_of
from heapwise.watch.post import Receiver, post

SIGNATURE = "X-Heapwise-Signature-256"
"""``sha256=`` and the hexadecimal HMAC-SHA256 of the body with the secret as its key."""


class Webhook:
    """Sends each notice as ``{schema_version, kind: "notice", data}``.

    Args:
        receiver: where to.
        instances: tells how many targets a service has.
        secret: read anew for each message; None for no signature.
        deadline_s: of one message.
    """

    def __init__(
        self,
        receiver: Receiver,
        instances: Instances,
        secret: Callable[[], str] | None = None,
        deadline_s: float = 10.0,
    ) -> None:
        self.name = receiver.name
        self._receiver = receiver
        self._instances = instances
        self._secret = secret
        self._deadline_s = deadline_s

    def send(self, alerts: Sequence[Alert]) -> None:
        """Tell alerts of one service and code.

        Raises:
            ServiceError: it did not take them.
            UsageError: the secret cannot be read.
        """
        body = json_line(notice_of(alerts, self._instances))
        headers = []
        if self._secret is not None:
            signature = hmac.new(self._secret().encode(), body, hashlib.sha256).hexdigest()
            headers.append((SIGNATURE, f"sha256={signature}"))
        post(self._receiver, body, headers=headers, deadline_s=self._deadline_s)
