"""Runs the examples of the rules on the real SDK.

`rules` reads the rules' files; `child` runs one side of one proof in a process of its own, on top of `core`, a stand-in
for the server; `proof` starts those processes and judges; `observed` says in one stable form what was seen.
`agreement` holds the linter against the sandbox; `restricted` and `sdk_errors` read the SDK for `docs/coverage.md`.
"""
