"""Puts the library that cargo built into the package, where there is one; all else stands in pyproject.toml."""

import os
import shutil
import sys
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
LIBRARY = "libfulmar_c.so"


def built():
    """The library that was built last, or None."""
    named = os.environ.get("FULMAR_LIBRARY")
    target = Path(os.environ.get("CARGO_TARGET_DIR", HERE.parents[1] / "target"))
    found = [Path(named)] if named else [path for path in target.glob(f"*/{LIBRARY}")]
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


class WithLibrary(build_py):
    def run(self):
        super().run()
        library = built()
        if library is None:
            sys.stderr.write(f"{LIBRARY} is not built; FULMAR_LIBRARY has to say where it is when a strategy runs\n")
        else:
            shutil.copy2(library, Path(self.build_lib) / "fulmar" / LIBRARY)


class OfOneMachine(Distribution):
    def has_ext_modules(self):
        return True


setup(cmdclass={"build_py": WithLibrary}, distclass=OfOneMachine)
