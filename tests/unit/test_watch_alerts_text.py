"""An alert as people read it."""

from __future__ import annotations

import msgspec

from heapwise.model.finding import Confidence, Finding
from heapwise.model.watch import Alert, Captured, PathGrowth
from heapwise.report.alert_text import alert_line, render_alert
from support.alerting import MINUTE, START, alert

HOSTILE = "\x1b[31m<b>\n\u202e"


def finding(where: str = "main.remember (main.go:10)") -> Finding:
    """Something that diagnose found."""
    return Finding(
        code="HW401",
        rule="grows",
        title="a map only grows",
        where=where,
        module="",
        evidence=None,
        why="nothing is ever deleted",
        remedy="bound it",
        gain_bytes_per_work=None,
        gain_allocs_per_work=None,
        holds_for="",
        references=(),
        confidence=Confidence.HIGH,
    )


def full(name: str = "x") -> Alert:
    """An alert with everything there is, twelve of each."""
    return msgspec.structs.replace(
        alert(name),
        summary=f"live heap grew by 42.0 % in 12 h: {name}",
        grows=tuple(
            PathGrowth(path=f"main.serve > {name}{n}", growth=9 << 20, share=0.87, confirmed=3)
            for n in range(12)
        ),
        captures=tuple(
            Captured(
                id=n, kind="heap", at_ns=START, target=name, reason=name, size=12345, sha256=""
            )
            for n in range(12)
        ),
        findings=tuple(finding(f"{name}{n}") for n in range(12)),
        commands=(f"heapwise diff -base 'A' 'B' {name} " + "long " * 40,),
        notes=(f"no CPU profile: {name}",),
    )


def test_an_alert_in_full_says_what_is_known() -> None:
    """Severity, code and target first; then numbers, paths, findings, captures, commands."""
    text = render_alert(full())
    lines = text.splitlines()
    assert lines[0] == "PAGE leak on checkout/x: live heap grew by 42.0 % in 12 h: x"
    assert "  since   2027-01-15 08:00:00 UTC" in lines
    assert "  labels  team=pay" in lines
    assert "  live heap grew by  42.0 %" in lines
    assert "  9.00 MiB, 87.0 % of the growth, in 3 captures in a row  main.serve > x0" in lines
    assert "  HW401 a map only grows: x0" in lines
    assert "  11  heap  2027-01-15 08:00:00 UTC  12.1 KiB  x" in lines
    assert "  no CPU profile: x" in lines


def test_long_lists_are_cut_and_say_so() -> None:
    """The newest captures stay, and the paths and findings that matter most."""
    text = render_alert(full())
    assert "and 7 more paths" in text
    assert "and 7 more findings" in text
    assert "and 2 older captures" in text
    assert "x5" not in text


def test_commands_are_not_wrapped() -> None:
    """They are there to be copied."""
    (command,) = full().commands
    assert f"  {command.rstrip()}" in [line.rstrip() for line in render_alert(full()).splitlines()]


def test_an_alert_without_more_is_short() -> None:
    """Nothing is announced that is not there."""
    plain = msgspec.structs.replace(alert(), numbers=(), labels=())
    assert render_alert(plain).splitlines() == [
        "PAGE leak on checkout/a: leak of 42 %",
        "  since  2027-01-15 08:00:00 UTC",
    ]


def test_the_end_has_its_reason() -> None:
    """On the line and in full."""
    over = msgspec.structs.replace(
        alert(), ended_ns=START + MINUTE, ended_why="the process was restarted"
    )
    assert alert_line(over) == "08:01:00 over leak checkout/a: the process was restarted"
    assert "  over    2027-01-15 08:01:00 UTC: the process was restarted" in render_alert(over)
    gone = msgspec.structs.replace(over, ended_why="")
    assert alert_line(gone) == "08:01:00 over leak checkout/a: the sign has gone"


def test_one_line_says_since_when_and_what() -> None:
    """And that nobody is told, where it is silenced."""
    assert alert_line(alert()) == "08:00:00 page leak checkout/a: leak of 42 %"
    silenced = msgspec.structs.replace(alert(), silenced=True)
    assert alert_line(silenced).endswith("leak of 42 % (silenced)")
    assert "nobody: it is silenced" in render_alert(silenced)


def test_tasks_are_counted() -> None:
    """What grows is no memory there."""
    path = PathGrowth(path="main.wait", growth=120, share=1.0)
    text = render_alert(msgspec.structs.replace(alert(code="tasks"), grows=(path,)))
    assert "120 tasks, 100.0 % of the growth  main.wait" in text


def test_no_name_drives_the_terminal() -> None:
    """Wherever it stands; and a line is a line."""
    shown = full(HOSTILE)
    assert alert_line(shown).isprintable()
    text = render_alert(shown)
    assert all(line.isprintable() for line in text.split("\n"))
    assert r"\x1b[31m<b>\n\u202e" in text
