from typing import Any, TypeAlias

import numpy.typing as npt

_Array: TypeAlias = npt.NDArray[Any]
_Stacks: TypeAlias = tuple[_Array, _Array, _Array, _Array, _Array]

def group(
    data: _Array | bytes, offsets: _Array | None, width: int, secret: int, /
) -> tuple[bytes, bytes]: ...
def cum(stacks: _Stacks, nodes: int, most_frames: int, /) -> bytes: ...
def calls(
    stacks: _Stacks,
    nodes: int,
    most_frames: int,
    inlined: _Array,
    kept: _Array,
    counted: _Array,
    secret: int,
    /,
) -> bytes: ...
