#!/bin/sh
# Hands the event on standard input to `temporal-py-lint hook`. Looks in $TEMPORAL_PY_LINT, the project's virtual
# environment, then PATH. Where there is no binary, or it fails, it says nothing and exits 0: a hook that fails is
# shown to the user at every edit.

run() {
    "$1" hook 2>/dev/null || :
    exit 0
}

[ "${TEMPORAL_PY_LINT_HOOK:-on}" = off ] && exit 0

if [ -n "${TEMPORAL_PY_LINT:-}" ]; then
    [ -x "$TEMPORAL_PY_LINT" ] && run "$TEMPORAL_PY_LINT"
    exit 0
fi

for bin in \
    "${VIRTUAL_ENV:-/nonexistent}/bin/temporal-py-lint" \
    "${CLAUDE_PROJECT_DIR:-.}/.venv/bin/temporal-py-lint" \
    "${CLAUDE_PROJECT_DIR:-.}/.venv/Scripts/temporal-py-lint.exe"
do
    [ -x "$bin" ] && run "$bin"
done

command -v temporal-py-lint >/dev/null 2>&1 && run temporal-py-lint
exit 0
