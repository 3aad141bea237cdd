#!/usr/bin/env bash
# Asks the real client about the plugin, the marketplace and the agent file: offline, without login, in a home of its own.
# Only `npm install` at the first run uses the network.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
store=${CARGO_TARGET_DIR:-$root/target}/agent-checks/client
passed=0 failed=0

install_client() {
    cmp -s "$here/package.json" "$store/package.json" && [ -x "$store/node_modules/.bin/claude" ] && return
    rm -rf "$store"
    mkdir -p "$store"
    cp "$here/package.json" "$store/installing.json"
    (cd "$store" && cp installing.json package.json && npm install --silent --no-fund --no-audit --no-package-lock) || {
        rm -rf "$store"
        echo "client.sh: the client could not be installed" >&2
        exit 1
    }
}

# check NAME COMMAND...: the command's exit status decides; its output is shown where it fails.
check() {
    local name=$1 output status
    shift
    set +e # an assignment that is a condition would switch `-e` off within the check
    output=$(exec 2>&1; set -e; "$@")
    status=$?
    set -e
    if [ "$status" -eq 0 ]; then
        passed=$((passed + 1))
        echo "ok: $name"
    else
        failed=$((failed + 1))
        printf 'FAILED: %s\n%s\n' "$name" "$output"
    fi
}

# Without a network but the machine's own address, where the system lets an ordinary process do that.
offline() {
    if unshare -rn ip link set lo up 2>/dev/null; then
        unshare -rn sh -c 'ip link set lo up && exec "$@"' sh "$@"
    else
        "$@"
    fi
}

claude() {
    offline env -i PATH="$PATH" HOME="$home" LANG=C.UTF-8 \
        DISABLE_AUTOUPDATER=1 DISABLE_TELEMETRY=1 CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 \
        "$store/node_modules/.bin/claude" "$@" </dev/null
}

# json PYTHON: an expression over `it`, the JSON on standard input, that must be true.
json() {
    python3 -c 'import json, sys
it = json.load(sys.stdin)
if not eval(f"({sys.argv[1]})"):
    sys.exit(f"not so: {sys.argv[1]}\n{json.dumps(it, indent=1)}")' "$1"
}

pinned_version() {
    local wanted
    wanted=$(json_field "$here/package.json" 'it["devDependencies"]["@anthropic-ai/claude-code"]')
    claude --version | grep -F "$wanted "
}

json_field() {
    python3 -c 'import json, sys
it = json.load(open(sys.argv[1]))
print(eval(sys.argv[2]))' "$1" "$2"
}

provides() {
    claude plugin validate --strict --json "$root/agents" | json '
        it["success"] and not it["manifest"]["errors"] and not it["manifest"]["warnings"]
        and it["provides"]["agents"] == ["temporal-python:temporal-python"]
        and it["provides"]["skills"] == ["temporal-python:temporal-python"]
        and [(hook["event"], hook["matcher"]) for hook in it["provides"]["hooks"]]
            == [("PostToolUse", "Edit|Write"), ("SubagentStop", "^(temporal-python:)?temporal-python$")]
        and not any(it["provides"][other] for other in
            ("mcpServers", "lspServers", "monitors", "commands", "outputStyles", "themes", "workflows", "bin"))'
}

serves() {
    claude plugin validate --strict --json "$root/agents-lsp" | json '
        it["success"] and not it["manifest"]["errors"] and not it["manifest"]["warnings"]
        and [(server["name"], server["args"]) for server in it["provides"]["lspServers"]]
            == [("temporal-py-lint", ["server"])]
        and not any(it["provides"][other] for other in ("agents", "skills", "hooks", "mcpServers", "commands", "bin"))'
}

serving_session() {
    offline python3 "$here/lsp_session.py" "$store/node_modules/.bin/claude" "$root/agents-lsp" "$binary"
}

refuses_a_broken_hook() {
    cp -r "$root/agents" "$work/broken"
    sed -i 's/"PostToolUse"/"PostToolUsed"/' "$work/broken/hooks/hooks.json"
    ! claude plugin validate --strict "$work/broken"
}

installs() {
    claude plugin marketplace add "$root"
    claude plugin install temporal-python@temporal-py-lint
    claude plugin list --json | json '[(p["id"], p["enabled"]) for p in it] == [("temporal-python@temporal-py-lint", True)]'
}

installs_in_one_line() {
    local home=$work/home-one-line
    mkdir "$home"
    claude plugin install temporal-python --marketplace "$root"
    claude plugin list --json | json '[(p["id"], p["enabled"]) for p in it] == [("temporal-python@temporal-py-lint", True)]'
}

installed_whole() {
    local copy
    copy=$(claude plugin list --json | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["installPath"])')
    diff -r --exclude=.orphaned_at --exclude=.in_use "$root/agents" "$copy"
    test -x "$copy/hooks/launch.sh"
}

# starts NAME ARGUMENT...: a session in an empty project starts, loads what it should, and complains of nothing.
starts() {
    local project=$work/$1 debug=$work/$1.log
    shift
    mkdir -p "$project"
    (cd "$project" && claude --debug-file "$debug" --init-only "$@")
    test -s "$debug"
    ! grep -E "$complaint" "$debug"
}

complaint='\[(WARN|ERROR)\].*([Pp]lugin|[Aa]gent|[Ss]kill|[Hh]ook|temporal)|Agent file|Failed to (parse|load)|frontmatter|Invalid|invalid '

loads_plugin() {
    starts plugin --plugin-dir "$root/agents"
    grep -F 'Total plugin agents loaded: 1' "$work/plugin.log"
    grep -F 'Loaded 1 skills from plugin temporal-python' "$work/plugin.log"
    grep -F 'Registered 2 hooks' "$work/plugin.log"
}

loads_installed() {
    starts installed
    grep -F 'Total plugin agents loaded: 1' "$work/installed.log"
    grep -F 'Registered 2 hooks' "$work/installed.log"
}

loads_copied_agent() {
    mkdir -p "$work/copied/.claude/agents"
    cp "$root/agents/temporal-python.md" "$work/copied/.claude/agents/"
    starts copied
}

notices_a_broken_agent() {
    mkdir -p "$work/noticed/.claude/agents"
    sed 's/^name: .*/name: temporal:python/' "$root/agents/temporal-python.md" > "$work/noticed/.claude/agents/temporal-python.md"
    (starts noticed) || true
    grep -E "$complaint" "$work/noticed.log"
}

session() {
    offline python3 "$here/session.py" "$store/node_modules/.bin/claude" "$root/agents"
}

binary=${TEMPORAL_PY_LINT_BIN:-$(command -v temporal-py-lint || true)}
install_client
work=$(mktemp -d)
home=$work/home
mkdir "$home"
trap 'rm -rf "$work"' EXIT

check "the pinned client" pinned_version
check "plugin validate --strict agents" claude plugin validate --strict "$root/agents"
check "plugin validate --strict (marketplace)" claude plugin validate --strict "$root"
check "the plugin provides one agent, one skill, two hooks, and nothing else" provides
check "the other plugin provides the language server, and nothing else" serves
check "a broken hook is refused" refuses_a_broken_hook
check "--init-only with the plugin's folder" loads_plugin
check "installation from the local marketplace" installs
check "installation in one line" installs_in_one_line
check "what was installed is the folder, whole" installed_whole
check "--init-only with the installed plugin" loads_installed
check "--init-only with the agent copied to .claude/agents" loads_copied_agent
check "a broken agent is noticed by these checks" notices_a_broken_agent
check "in a session with a stand-in for the model, the hooks fire and their answers arrive" session
if [ -n "$binary" ]; then
    check "in a session, what the language server finds arrives" serving_session
else
    echo "skipped: the language server in a session; set TEMPORAL_PY_LINT_BIN"
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
