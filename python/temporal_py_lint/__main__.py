"""`python -m temporal_py_lint`: the program, with its arguments, streams and exit code."""

from __future__ import annotations

import os
import subprocess
import sys

from temporal_py_lint._program import find_program


def main() -> int:
    """Runs the program in place of this one; on Windows, beside it."""
    program = find_program()
    arguments = [program, *sys.argv[1:]]
    if os.name != "nt":
        os.execv(program, arguments)
    try:
        return subprocess.run(arguments, check=False).returncode
    except KeyboardInterrupt:
        # The program got it as well, and has ended as it does.
        return 130


if __name__ == "__main__":
    sys.exit(main())
