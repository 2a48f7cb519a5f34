"""Which memory limit binds a process, read from trees of cgroup files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise_agent.limits import Limit, cgroup_limits, limits

V1_MOUNT = "35 31 0:32 {root} /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
V2_MOUNT = "41 31 0:38 {root} /sys/fs/cgroup rw shared:1 - cgroup2 cgroup2 rw,nsdelegate\n"
NONE_V1 = "9223372036854771712"


def tree(root: Path, files: dict[str, str]) -> Path:
    """Files below a root, by path."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")
    return root


def found(root: Path, cgroup: str, mounts: str) -> list[tuple[int, str]]:
    """Bytes and file of each limit."""
    return [
        (limit.bytes, str(Path(limit.source).relative_to(root)))
        for limit in cgroup_limits(cgroup, mounts, root)
    ]


def test_v2_takes_the_tightest_from_here_to_the_root(tmp_path: Path) -> None:
    """A service is bound by the slice above it when that one is tighter."""
    root = tree(tmp_path, {
        "sys/fs/cgroup/a.slice/memory.max": "1000",
        "sys/fs/cgroup/a.slice/b.service/memory.max": "5000",
        "sys/fs/cgroup/a.slice/b.service/memory.high": "max",
    })  # fmt: skip
    limit = found(root, "0::/a.slice/b.service\n", V2_MOUNT.format(root="/"))
    assert limit == [(1000, "sys/fs/cgroup/a.slice/memory.max")]


def test_v2_high_counts_as_a_limit(tmp_path: Path) -> None:
    """Above memory.high a service is stalled, which is as bad."""
    root = tree(tmp_path, {
        "sys/fs/cgroup/memory.max": "max",
        "sys/fs/cgroup/memory.high": "700",
    })  # fmt: skip
    limit = next(cgroup_limits("0::/\n", V2_MOUNT.format(root="/"), root))
    assert limit.bytes == 700
    assert limit.keys == ("anon", "shmem")
    assert limit.stat == root / "sys/fs/cgroup/memory.stat"


def test_v1_in_a_container_without_a_cgroup_namespace(tmp_path: Path) -> None:
    """The path in /proc is the host's, the mount shows only its end."""
    root = tree(tmp_path, {"sys/fs/cgroup/memory/memory.limit_in_bytes": "268435456"})
    cgroup = "5:cpu:/\n4:memory:/docker/0123\n0::/\n"
    limit = found(root, cgroup, V1_MOUNT.format(root="/docker/0123"))
    assert limit == [(268435456, "sys/fs/cgroup/memory/memory.limit_in_bytes")]


def test_no_limit_is_no_limit(tmp_path: Path) -> None:
    """Neither ``max`` nor v1's number near 2**63 is a limit."""
    root = tree(tmp_path, {
        "sys/fs/cgroup/memory/memory.limit_in_bytes": NONE_V1,
        "sys/fs/cgroup/memory.max": "max",
    })  # fmt: skip
    mounts = V1_MOUNT.format(root="/") + V2_MOUNT.format(root="/")
    assert found(root, "4:memory:/\n0::/\n", mounts) == []


def test_hybrid_reads_both_hierarchies(tmp_path: Path) -> None:
    """Where v1 holds memory and v2 is mounted beside it, only v1 has a limit to give."""
    root = tree(tmp_path, {"sys/fs/cgroup/memory/x/memory.limit_in_bytes": "99"})
    mounts = V1_MOUNT.format(root="/") + "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 c rw\n"
    limit = found(root, "4:cpu,memory:/x\n0::/\n", mounts)
    assert limit == [(99, "sys/fs/cgroup/memory/x/memory.limit_in_bytes")]


def test_a_mount_point_with_a_space(tmp_path: Path) -> None:
    """The kernel escapes a space in mountinfo as backslash 040."""
    root = tree(tmp_path, {"my cg/memory.max": "5"})
    assert found(root, "0::/\n", "1 2 0:1 / /my\\040cg rw - cgroup2 c rw\n") == [
        (5, "my cg/memory.max")
    ]


def test_outside_of_the_namespace_only_the_mount_is_read(tmp_path: Path) -> None:
    """A path with ``..`` in it is not followed."""
    root = tree(tmp_path, {"sys/fs/cgroup/memory.max": "8", "sys/fs/memory.max": "1"})
    assert found(root, "0::/../x\n", V2_MOUNT.format(root="/")) == [(8, "sys/fs/cgroup/memory.max")]


@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=30))
def test_no_text_of_the_kernel_makes_it_fail(cgroup: str, mounts: str, path: str) -> None:
    """Whatever stands in the files, there is a limit or there is none."""
    nowhere = Path("/nonexistent")
    for text in (cgroup, f"0::/{path}", f"4:memory:{path}"):
        for mount in (mounts, V2_MOUNT.format(root=path), V1_MOUNT.format(root="/")):
            assert list(cgroup_limits(text, mount, nowhere)) == []


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS binds on Linux")
def test_rlimit_as_is_found_in_a_real_process() -> None:
    """``ulimit -v`` shows up as a limit of that many bytes."""
    size = 1 << 34
    code = (
        f"import resource as r; r.setrlimit(r.RLIMIT_AS, ({size}, {size}))\n"
        "from heapwise_agent.limits import limits; print(limits())"
    )
    out = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert f"Limit(bytes={size}, source='RLIMIT_AS'" in out


def test_this_machine_answers() -> None:
    """On the machine of the test every limit is a positive number of a named source."""
    for limit in limits():
        assert isinstance(limit, Limit)
        assert 0 < limit.bytes < 1 << 62
        assert limit.source == "RLIMIT_AS" or Path(limit.source).exists()
