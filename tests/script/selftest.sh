#!/bin/sh
# The runner finds what is wrong: each script in tests/script/fails must fail, with the words of its first line.
#
#     tests/script/selftest.sh WTC
wtc=$1 passed=0 failed=0
for script in tests/script/fails/*.wtc; do
    expected=$(sed -n '1s/^# fails: //p' "$script")
    if out=$($wtc core "$script"); then
        echo "$script: passes"
        failed=$((failed + 1))
    elif ! printf '%s\n' "$out" | grep -qF -- "$expected"; then
        printf '%s: expected "%s", got\n%s\n' "$script" "$expected" "$out"
        failed=$((failed + 1))
    else
        passed=$((passed + 1))
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
