#!/bin/sh
# Runs each command given, shows the output of those that fail, and ends with one line: N passed, N failed.
# Understands cmocka's summary and the line "N passed, N failed"; a command that says neither counts as one test.
passed=0 failed=0
out=$(mktemp)
trap 'rm -f "$out"' EXIT

# The sum of the numbers that the sed script finds in the output; empty: it finds none.
sum() {
    sed -n "$1" "$out" | awk '{n += $1} END {if (NR) print n}'
}

for command in "$@"; do
    case $command in
    *make*) limit=3600 ;;
    *) limit=300 ;;  # seconds: what hangs has failed
    esac
    if timeout "$limit" sh -c "$command" >"$out" 2>&1; then status=0; else status=$?; fi
    p=$(sum 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p; s/^\([0-9]*\) passed, [0-9]* failed.*/\1/p')
    f=$(sum 's/^\[  FAILED  \] \([0-9]*\) test(s).*/\1/p; s/^[0-9]* passed, \([0-9]*\) failed.*/\1/p')
    if [ "$status" -ne 0 ]; then
        [ "${f:-0}" -gt 0 ] || f=1
        echo "--- $command (exit $status)"
        tail -n 100 "$out" | sed 's/^/    /'
    elif [ -z "$p$f" ]; then
        p=1
    fi
    passed=$((passed + ${p:-0})) failed=$((failed + ${f:-0}))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
