"""Incoming webhooks as Slack has them, and Mattermost, Rocket.Chat and others after it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from heapwise.model.watch import Alert, Notice
from heapwise.names import visible
from heapwise.report.alert_text import alert_line, render_alert
from heapwise.watch.alerts import Instances, notice_of
from heapwise.watch.post import Receiver, post
from heapwise.watch.sinks.link import link_to

_MAX_TEXT = 3500
"""Characters; beyond 4,000 Slack cuts, in the middle of a code block."""

_MOST_IN_FULL = 1


class Slack:
    """Sends each notice as a message: one alert in full, the others as a line each.

    Args:
        receiver: the address of the incoming webhook, which is a secret.
        instances: tells how many targets a service has.
        page: where people open the page, for links; empty for none.
        deadline_s: of one message.
    """

    def __init__(
        self, receiver: Receiver, instances: Instances, page: str = "", deadline_s: float = 10.0
    ) -> None:
        self.name = receiver.name
        self._receiver = receiver
        self._instances = instances
        self._page = page
        self._deadline_s = deadline_s

    def send(self, alerts: Sequence[Alert]) -> None:
        """Tell alerts of one service and code.

        Raises:
            ServiceError: it did not take them.
        """
        text = message(notice_of(alerts, self._instances), self._page)
        post(self._receiver, msgspec.json.encode({"text": text}), deadline_s=self._deadline_s)


def message(notice: Notice, page: str = "") -> str:
    """The text of a notice.

    Whatever comes from services stands in a code block: there it makes no links, no formatting,
    and calls nobody by ``@channel``.
    """
    word = notice.severity.value if notice.status == "firing" else "over"
    in_full = [alert for alert in notice.alerts if alert.ended_ns is None][:_MOST_IN_FULL]
    rest = [alert for alert in notice.alerts if alert not in in_full]
    body = "\n".join([*map(render_alert, in_full), *map(alert_line, rest)])
    head = f"*{word}* `{_code(visible(notice.summary), 300)}`"
    link = f" <{link_to(notice.alerts[0], page)}|open>" if page else ""
    return f"{head}{link}\n```\n{_code(body, _MAX_TEXT)}\n```"


def _code(text: str, most: int) -> str:
    """Text for a code block: nothing in it can end the block, or be one of Slack's sequences."""
    plain = text.rstrip().replace("`", "'")
    escaped = plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if len(escaped) <= most:
        return escaped
    return re.sub(r"&[a-z]*$", "", escaped[: most - 1]) + "…"  # no half of an escape
