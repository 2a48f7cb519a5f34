"""What a recording keeps of secrets: their names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.model.load import ConstantRate, Plan, Target
from heapwise.record.redact import HARMLESS_HEADERS, redact, redact_argv, redact_url


def plan(*targets: Target) -> Plan:
    """A plan of these targets."""
    return Plan(targets=targets, schedule=ConstantRate(1, 1, 1))


TARGET = Target(
    "POST",
    "http://me:hunter2@127.0.0.1:8080/a/b?token=abc&page=&raw#access=xyz",
    (("Authorization", "Bearer abc"), ("accept", "*/*"), ("X-Api-Key", "k"), ("Cookie", "")),
    b"body",
)


def test_values_go_and_names_stay() -> None:
    """Headers that are not known to be harmless, query values, user information, fragments."""
    redacted, names = redact(plan(TARGET), keep_secrets=False)

    assert redacted.targets == (
        Target(
            "POST",
            "http://REDACTED@127.0.0.1:8080/a/b?token=REDACTED&page=&REDACTED",
            (
                ("Authorization", "REDACTED"),
                ("accept", "*/*"),
                ("X-Api-Key", "REDACTED"),
                ("Cookie", ""),
            ),
            b"body",
        ),
    )
    assert names == (
        "fragment of the URL",
        "header Authorization",
        "header X-Api-Key",
        "query",
        "query token",
        "user information in the URL",
    )


def test_with_keep_secrets_nothing_is_touched() -> None:
    """The user asked for it."""
    assert redact(plan(TARGET), keep_secrets=True) == (plan(TARGET), ())
    assert redact_argv(["-H", "A: b"], keep_secrets=True) == ("-H", "A: b")


def test_a_plan_without_secrets_stays_as_it_is() -> None:
    """And nothing is listed."""
    harmless = Target("GET", "http://[::1]:80/a@b:c", (("User-Agent", "x"), ("HOST", "y")))

    assert redact(plan(harmless), keep_secrets=False) == (plan(harmless), ())


SECRET = st.text("abcdefgh0123456789%", min_size=6, max_size=20).map(lambda text: f"s3{text}")


@given(SECRET, st.sampled_from([
    "http://{}@h/", "http://u:{}@h:1/p", "http://u:{}@h/x@y", "http://h/?a={}", "http://h?a={}&b=1",
    "http://h/?{}", "http://h/?a=b;c={}", "http://h/#{}", "u:{}@h/x", "http://h/p?x=http://i/?y={}",
    "http://[::1/?a={}", "http://h/?a=b={}", "unix:/s.sock?a={}",
]))  # fmt: skip
def test_no_place_in_a_url_that_holds_values_keeps_one(secret: str, url: str) -> None:
    """URLs that no parser accepts included."""
    assert secret not in redact_url(url.format(secret))


@given(st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,20}", fullmatch=True), SECRET)
def test_the_value_of_an_unknown_header_never_stays(name: str, secret: str) -> None:
    """The list is of what is harmless, not of what is secret."""
    redacted, names = redact(plan(Target("GET", "/", ((name, secret),))), keep_secrets=False)

    if name.lower() in HARMLESS_HEADERS:
        assert names == ()
    else:
        assert redacted.targets[0].headers == ((name, "REDACTED"),)
        assert names == (f"header {name}",)


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["POST http://u:p@h/x?a=b"], ["POST http://REDACTED@h/x?a=REDACTED"]),
        (["-H", "Authorization: x"], ["-H", "Authorization: REDACTED"]),
        (["-header", "Accept: x"], ["-header", "Accept: x"]),
        (["--header=X-Key: a: b"], ["--header=X-Key: REDACTED"]),
        (["-header=nonsense"], ["-header=REDACTED"]),
        (["-HCookie: a=b"], ["-HCookie: REDACTED"]),
        (["--service=http://h:1/?t=1"], ["--service=http://h:1/?t=REDACTED"]),
        (["--exec", "TOKEN=a ./svc -n 3"], ["--exec", "TOKEN=REDACTED ./svc -n 3"]),
        (["--exec", "env DB_PASSWORD='a b' svc"], ["--exec", "env DB_PASSWORD=REDACTED svc"]),
        (["./svc --api-key abc --verbose"], ["./svc --api-key REDACTED --verbose"]),
        (["./svc", "--password", "abc"], ["./svc", "--password", "REDACTED"]),
        (["--password=abc"], ["--password=REDACTED"]),
        (["--session", "--rate", "5"], ["--session", "--rate", "5"]),
        (["-rate=1000", "-o", "before.hw"], ["-rate=1000", "-o", "before.hw"]),
    ],
)
def test_a_command_line_keeps_its_shape_and_loses_its_secrets(
    argv: list[str], expected: list[str]
) -> None:
    """By place (headers, URLs) or by name (token, key, password …)."""
    assert redact_argv(argv) == tuple(expected)
