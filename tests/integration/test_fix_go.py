"""`heapwise fix` on a real Go service: patches, what stays of them, and what they gain."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from heapwise.cli.main import app
from heapwise.errors import UsageError
from heapwise.lab.ports import free_ports
from heapwise.runtimes.go.toolchain import find_go
from support.repository import Repository

pytestmark = [pytest.mark.go, pytest.mark.load]

SERVICE = Path(__file__).parents[1] / "data" / "fix" / "go"
ROUNDS = ["--rounds", "5", "--cooldown", "0", "-duration", "500ms", "-warmup", "100ms"]


class Workshop:
    """A folder with a service's source, and a recording of it under load.

    Attributes:
        folder: to work in; the recording is ``feed.hw``.
        source: a copy of the service's source, new for each test.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.source = folder / "src"

    def renew(self) -> None:
        """Put the source back as it was recorded."""
        shutil.rmtree(self.source, ignore_errors=True)
        shutil.copytree(SERVICE, self.source)

    def heapwise(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run heapwise there."""
        command = [sys.executable, "-m", "heapwise", *words]
        return subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, check=False, timeout=240
        )

    def fix(self, *words: str) -> tuple[int, dict[str, Any]]:
        """The exit code and the data of ``heapwise fix``."""
        done = self.heapwise("fix", "feed.hw", "src", "--json", "-q", *words)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)["data"]

    def text(self, name: str) -> str:
        """A file of the source as it is."""
        return (self.source / name).read_text()


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """The service recorded once, for two seconds."""
    workshop = Workshop(tmp_path_factory.mktemp("fix"))
    workshop.renew()
    find_go().build(workshop.source, workshop.folder / "feed")
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    targets = "\n\n".join(f"GET {url}/{path}" for path in ("feed", "slug", "sealed"))
    (workshop.folder / "targets.txt").write_text(targets + "\n")
    done = workshop.heapwise(
        "run", "-targets", "targets.txt", "-rate", "90", "-duration", "2s", "-warmup", "200ms",
        "--exec", f"./feed -addr 127.0.0.1:{port}", "--service", url, "-o", "feed.hw", "-q",
    )  # fmt: skip
    assert done.returncode in (0, 4), done.stderr  # 4: too noisy here to trust latencies
    return workshop


@pytest.fixture
def workshop(recorded: Workshop) -> Iterator[Workshop]:
    """The recording with fresh source."""
    recorded.renew()
    yield recorded
    for each in recorded.folder.glob("*.verify"):
        shutil.rmtree(each)


def by_function(data: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The fixes by the function they are in."""
    return {fix["finding"]["where"].partition(" ")[0]: fix for fix in data["fixes"]}


def test_patches_are_shown_and_nothing_is_written(workshop: Workshop) -> None:
    """One diff a finding; the file of all of them is what git applies."""
    done = workshop.heapwise("fix", "feed.hw", "src", "-o", "all.patch", "--force")
    assert done.returncode == 0, done.stderr
    assert "+\treturn strconv.Itoa(number)\n" in done.stdout
    assert "patch by  heapwise" in done.stdout
    assert "next: heapwise fix feed.hw src --apply --verify" in done.stderr
    for path in SERVICE.rglob("*.go"):
        assert workshop.text(str(path.relative_to(SERVICE))) == path.read_text()
    subprocess.run(
        ["git", "apply", "--directory=src", "all.patch"], cwd=workshop.folder, check=True
    )
    assert '\t"strconv"\n' in workshop.text("feed.go")
    assert "fmt" not in workshop.text("feed.go")
    assert "var slugPattern = regexp.MustCompile(`\\s+`)\n\nfunc slug(" in workshop.text("slug.go")


def test_what_passes_stays_and_what_fails_its_test_is_undone(workshop: Workshop) -> None:
    """The package whose test wants the pattern keeps it; everything else is mended and whole."""
    code, data = workshop.fix("--apply", "--only", "HW401,HW402")
    fixes = by_function(data)
    assert code == 1
    assert fixes["Word"]["state"] == "rolled back"
    assert "its tests fail: " in fixes["Word"]["why"]
    assert "somebody moved the pattern" in fixes["Word"]["why"]
    assert workshop.text("sealed/word.go") == (SERVICE / "sealed" / "word.go").read_text()
    assert fixes["key"]["state"] == fixes["slug"]["state"] == "applied"
    assert "strconv.Itoa(number)" in workshop.text("feed.go")
    go = find_go()
    subprocess.run([go.path, "test", "./..."], cwd=workshop.source, env=go.env, check=True)
    assert not [path.name for path in workshop.source.rglob("*") if "heapwise" in path.name]
    assert not (workshop.source / "feed").exists()


def test_a_patch_gains_what_it_promised(workshop: Workshop) -> None:
    """Measured under the recording's own load, within a quarter of what was foretold."""
    number = str(by_function(workshop.fix()[1])["slug"]["number"])
    code, data = workshop.fix("--finding", number, "--apply", "--verify", *ROUNDS)
    (proof,) = data["proofs"]
    gained = {gain["metric"]: gain for gain in proof["gains"]}["bytes/work"]
    assert (code, proof["gained"], gained["verdict"]) == (0, True, "better")
    assert gained["ratio"] == pytest.approx(1, abs=0.25)
    assert "slugPattern" in workshop.text("slug.go")
    assert (workshop.folder / proof["directory"] / "verify.json").is_file()


def test_ctrl_c_puts_everything_back(workshop: Workshop) -> None:
    """The patch that is tested, those before it, and the test itself are gone."""
    began = workshop.folder / "began"
    began.unlink(missing_ok=True)
    # The first patch passes; the second one's test does not end.
    test = f"sh -c 'if [ -e {began} ]; then echo $$ > {began}; exec sleep 300; fi; touch {began}'"
    command = [sys.executable, "-m", "heapwise", "fix", "feed.hw", "src", "--apply", "--test", test]
    with subprocess.Popen(
        command, cwd=workshop.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        while not (began.exists() and (pid := began.read_text().strip())):
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        assert workshop.text("feed.go") != (SERVICE / "feed.go").read_text()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.endswith("heapwise: interrupted: every patch is taken out\n")
    for path in SERVICE.rglob("*.go"):
        assert workshop.text(str(path.relative_to(SERVICE))) == path.read_text()
    assert not Path(f"/proc/{pid}").exists()


def test_changes_that_are_not_committed_are_not_mixed_with_patches(workshop: Workshop) -> None:
    """They are named, and --force patches beside them."""
    repository = Repository(workshop.source)
    repository.commit("as recorded")
    (workshop.source / "main.go").write_text(workshop.text("main.go") + "\n// mine\n")
    refused = workshop.heapwise("fix", "feed.hw", "src", "--apply")
    assert refused.returncode == 2
    assert "has changes that are not committed: main.go" in refused.stderr
    code, data = workshop.fix("--apply", "--force", "--only", "hw402", "--test", "true")
    assert code == 0
    assert {fix["state"] for fix in data["fixes"]} == {"applied"}
    assert repository.git("diff", "--name-only").split() == ["feed.go", "main.go"]


def test_source_that_does_not_build_is_refused(workshop: Workshop) -> None:
    """The compiler is quoted, and nothing is written."""
    (workshop.source / "broken.go").write_text('package main\n\nvar x int = ""\n')
    done = workshop.heapwise("fix", "feed.hw", "src", "--apply")
    assert done.returncode == 1
    assert "does not build as it is" in done.stderr
    assert "broken.go:3:13" in done.stderr
    assert "strconv" not in workshop.text("feed.go")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--verify"], "--verify needs --apply"),
        (["--apply", "--one-by-one"], "--one-by-one needs --verify"),
        (["--only", "HW999"], "feed.hw has no finding HW999: it has 1 HW"),
        (["--finding", "99"], "feed.hw has no finding 99"),
        (["-o", "."], ". exists already"),
        (["--apply", "--verify", "--exec", "go run ."], "the build's place in 'go run .'"),
    ],
)
def test_what_makes_no_sense_is_refused(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, words: list[str], message: str
) -> None:
    """Before anything is written, in one line."""
    monkeypatch.chdir(workshop.folder)
    with pytest.raises(UsageError, match=re.escape(message)) as refused:
        app.main(["fix", "feed.hw", "src", *words], standalone_mode=False)
    assert "\n" not in str(refused.value)
    assert workshop.text("feed.go") == (SERVICE / "feed.go").read_text()


def test_a_profile_alone_has_patches_and_no_load(workshop: Workshop) -> None:
    """What its lines make is mended as a recording's; what that gains is not known."""
    profile = workshop.folder / "feed.hw" / "profiles" / "0001-heap-after-load.pb.gz"
    shown = workshop.heapwise("fix", str(profile), "src", "--only", "HW401")
    assert "+var slugPattern = " in shown.stdout
    assert f"next: heapwise fix {profile} src --only HW401 --apply\n" in shown.stderr
    refused = workshop.heapwise("fix", str(profile), "src", "--apply", "--verify")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "--verify needs a recording" in refused.stderr
