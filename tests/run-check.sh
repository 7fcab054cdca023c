#!/bin/sh
# Runs each program given, shows the output of those that fail, and ends with one line: N passed, N failed.
# Understands cmocka's summary and the line "N passed, N failed"; a program that reports neither counts as one test.
passed=0 failed=0
out=$(mktemp)
trap 'rm -f "$out"' EXIT
for program in "$@"; do
    if sh -c "$program" >"$out" 2>&1; then status=0; else status=$?; fi
    p=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p; s/^\([0-9]*\) passed, [0-9]* failed.*/\1/p' "$out" | awk '{n += $1} END {print n + 0}')
    f=$(sed -n 's/^\[  FAILED  \] .*, \([0-9]*\) test.*/\1/p; s/^[0-9]* passed, \([0-9]*\) failed.*/\1/p' "$out" | awk '{n += $1} END {print n + 0}')
    if [ "$status" -ne 0 ]; then
        [ "$f" -eq 0 ] && f=1
        echo "--- $program (exit $status)"
        tail -n 60 "$out"
    elif [ "$p" -eq 0 ]; then
        p=1
    fi
    passed=$((passed + p)) failed=$((failed + f))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
