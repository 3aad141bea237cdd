B=${1:-/tmp/bin/tip34}
timeout 100 $B replay-check --write-baseline b.txt >/dev/null 2>&1; timeout 100 $B replay-check --baseline b.txt --output-format concise 2>/dev/null; echo " paths: $(grep -c '^    paths' b.txt)"
