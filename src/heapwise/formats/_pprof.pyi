from typing import Any

import numpy.typing as npt

def decode(
    data: bytes | bytearray, limits: tuple[int, int, int, int, int, int, int], secret: int, /
) -> tuple[bytes, ...]: ...
def encode(*columns: npt.NDArray[Any]) -> bytes: ...
