"""Finds the library that cargo builds, and loads it.

It is sought where FULMAR_LIBRARY says, then in this package, then in the target folder of the checkout that this package
lies in. Where it is built for another version, nothing is called.
"""

from __future__ import annotations

import ctypes
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from .abi import ABI_VERSION, PROTOTYPES, Result
from .error import FulmarError

NAME = "libfulmar_c.so"
BUILD = "build it in a checkout of Fulmar: cargo build --release -p fulmar-c"

# These may wait. Python lets other threads run meanwhile, and hears signals after.
WAITING = ("fulmar_attach", "fulmar_run", "fulmar_turn", "fulmar_detach")


def path() -> Path:
    """Where the library lies."""
    named = os.environ.get("FULMAR_LIBRARY")
    if named:
        if not Path(named).is_file():
            raise FulmarError(Result.ABI, f"FULMAR_LIBRARY names {named}, which is no file; {BUILD}")
        return Path(named)
    package = Path(__file__).resolve().parent
    if (package / NAME).is_file():
        return package / NAME
    checkout = package.parents[2]
    target = Path(os.environ.get("CARGO_TARGET_DIR", checkout / "target"))
    built = sorted(target.glob(f"*/{NAME}"), key=lambda found: found.stat().st_mtime)
    if not built:
        where = f"neither FULMAR_LIBRARY names it, nor is it in {package} or in {target}"
        raise FulmarError(Result.ABI, f"{NAME} is not found: {where}; {BUILD}")
    return built[-1]


class Library:
    """The functions of fulmar.h by their names."""

    def __init__(self, where: Path) -> None:
        try:
            # The first lets go of the interpreter for the length of a call, the second is quicker.
            waiting, quick = ctypes.CDLL(str(where)), ctypes.PyDLL(str(where))
        except OSError as error:
            raise FulmarError(Result.ABI, f"{where} cannot be loaded: {error}; {BUILD}") from None
        version = self._version(waiting, where)
        if version != ABI_VERSION:
            text = f"{where} is version {version} of the library, and this package is for {ABI_VERSION}"
            raise FulmarError(Result.ABI, f"{text}; {BUILD}, and install the package of the same checkout")
        for name, (returns, parameters) in PROTOTYPES.items():
            function = getattr(waiting if name in WAITING else quick, name)
            function.restype, function.argtypes = returns, parameters
            setattr(self, name, function)

    @staticmethod
    def _version(library: ctypes.CDLL, where: Path) -> int:
        try:
            return int(library.fulmar_abi_version())
        except AttributeError:
            raise FulmarError(Result.ABI, f"{where} is no library of Fulmar's; {BUILD}") from None

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"fulmar.h has no {name}")


@lru_cache(maxsize=None)
def library() -> Library:
    """The library, loaded once."""
    return Library(path())


def check(result: int) -> None:
    """Raises what a call came to, where that is below zero."""
    if result < 0:
        text = library().fulmar_result_text(result)
        raise FulmarError(Result(result), text.decode())
