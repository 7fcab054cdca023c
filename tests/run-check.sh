#!/bin/sh
# Runs each command given, JOBS at a time (1 if not set), shows the output of those that fail, and ends with one line:
# N passed, N failed. Understands cmocka's summary and the line "N passed, N failed"; a command that says neither counts
# as one test.
if [ "$1" = --one ]; then  # DIRECTORY NUMBER COMMAND: leaves the output and the exit status there
    case $4 in
    *make*) limit=3600 ;;
    *) limit=300 ;;  # seconds: what hangs has failed
    esac
    timeout "$limit" sh -c "$4" >"$2/$3.out" 2>&1
    echo $? >"$2/$3.status"
    exit 0
fi

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
number=0
for command in "$@"; do
    number=$((number + 1))
    printf '%s\0%s\0' "$number" "$command"
done | xargs -0 -n 2 -P "${JOBS:-1}" "$0" --one "$dir"

# The sum of the numbers that the sed script finds in the output; empty: it finds none.
sum() {
    sed -n "$1" "$dir/$number.out" | awk '{n += $1} END {if (NR) print n}'
}

passed=0 failed=0 number=0
for command in "$@"; do
    number=$((number + 1))
    p=$(sum 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p; s/^\([0-9]*\) passed, [0-9]* failed.*/\1/p')
    f=$(sum 's/^\[  FAILED  \] \([0-9]*\) test(s).*/\1/p; s/^[0-9]* passed, \([0-9]*\) failed.*/\1/p')
    status=$(cat "$dir/$number.status")
    if [ "$status" -ne 0 ]; then
        [ "${f:-0}" -gt 0 ] || f=1
        echo "--- $command (exit $status)"
        tail -n 100 "$dir/$number.out" | sed 's/^/    /'
    elif [ -z "$p$f" ]; then
        p=1
    fi
    passed=$((passed + ${p:-0})) failed=$((failed + ${f:-0}))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
