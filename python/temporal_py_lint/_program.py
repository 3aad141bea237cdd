"""Where the installed program is."""

from __future__ import annotations

import os
import sys
import sysconfig


def find_program() -> str:
    """The path of the program that was installed with this package.

    Raises `FileNotFoundError`, with the places that were looked at, where there is none.
    """
    name = "temporal-py-lint" + (sysconfig.get_config_var("EXE") or "")
    candidates = [os.path.join(folder, name) for folder in _folders()]
    for candidate in candidates:
        if os.path.isfile(candidate):
            return candidate
    looked_at = "\n  ".join(candidates)
    raise FileNotFoundError(f"{name} is not where it is installed:\n  {looked_at}")


def _folders() -> list[str]:
    """Folders of scripts: the environment's, the user's, and that beside a folder given with `pip install --target`."""
    folders = [sysconfig.get_path("scripts"), sysconfig.get_path("scripts", scheme=_user_scheme())]
    package = os.path.dirname(os.path.abspath(__file__))
    folders.append(os.path.join(os.path.dirname(package), "bin"))
    # Of an overlay of another environment, as `pip` makes one to build with.
    folders.append(os.path.join(sys.prefix, "Scripts" if os.name == "nt" else "bin"))
    return list(dict.fromkeys(folders))


def _user_scheme() -> str:
    if sys.version_info >= (3, 10):
        return sysconfig.get_preferred_scheme("user")
    if os.name == "nt":
        return "nt_user"
    if sys.platform == "darwin" and sys._framework:
        return "osx_framework_user"
    return "posix_user"
