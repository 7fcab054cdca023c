#!/bin/sh
# What is written in two places says the same: manual pages and the tables they come from, the list of options, the list
# of choices. Arguments: wampd, wamp.
wampd=$1 wamp=$2 passed=0 failed=0

check() {  # name, command
    if sh -c "$2"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "--- $1"; fi
}

check 'docs/man/wampd.1 is what wampd --help-man says (make man)' "$wampd --help-man | cmp - docs/man/wampd.1"
check 'docs/man/crossbar.1 is what crossbar --help-man says (make man)' \
    "${wampd%wampd}crossbar --help-man | cmp - docs/man/crossbar.1"
check 'docs/man/wamp.1 is what wamp help --man says (make man)' "$wamp help --man | cmp - docs/man/wamp.1"
for key in $(sed -n 's/^LIMIT([a-z_]*, \([a-z]*\), "\([a-z_]*\)".*/\2/p' router/config.def); do
    check "docs/CONFIGURATION.md has $key" "grep -q '\`$key\`' docs/CONFIGURATION.md"
done
for rule in $(sed -n 's/^RULE(\([a-z_]*\),.*/\1/p' realms/rules.def); do
    check "docs/PROTOCOL.md has $rule" "grep -q '\`$rule\`' docs/PROTOCOL.md"
done
for feature in $(sed -n 's/^FEATURE(\(DEALER\|BROKER\), \([a-z_]*\))/\2/p' common/roles.def | sort -u); do
    check "docs/PROTOCOL.md has $feature" "grep -q '$feature' docs/PROTOCOL.md"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
