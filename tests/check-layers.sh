#!/bin/sh
# Who may include whom, and what realms/ may call.
#
#     tests/check-layers.sh                           the include rules alone
#     tests/check-layers.sh librealms.a libcommon.a   and what the archive of realms/ asks of the world
#
# Includes are written from the root ("realms/dealer.h"), so a grep tells.
failed=0
passed=0

# rule NAME FILES FORBIDDEN [EXCEPT]: no include in FILES may match FORBIDDEN, unless it matches EXCEPT (extended
# regular expressions).
rule() {
    found=$(grep -nE "^ *# *include +[\"<]($3)" $2 /dev/null 2>/dev/null | grep -vE "[\"<](${4:-none})[\">]")
    if [ -n "$found" ]; then
        echo "$1:"
        echo "$found" | sed 's/^/    /'
        failed=$((failed + 1))
    else
        passed=$((passed + 1))
    fi
}

# Files of a module, without those given after it.
files() {
    module=$1
    shift
    find "$module" -name '*.[ch]' | grep -vxE "$(echo "${*:-none}" | tr ' ' '|')"
}

io='sys/(socket|select|epoll|time|stat|un)|netinet/.*|arpa/.*|poll|netdb|pthread|threads|time|unistd|fcntl'
io="($io|uv|libwebsockets|openssl/.*)\\.h"
ours='(realms|router|client|crossbar-compat|tests)/|wamp[/.]'

rule 'common/ includes nothing of ours but common/' "$(files common)" "$ours"
rule 'realms/ includes common/ and realms/ only' "$(files realms)" "$ours" 'realms/.*'
rule 'realms/ has no socket, clock, thread or file' "$(files realms)" "$io"
rule 'router/ sees of realms/ only its public headers and tables' "$(files router)" \
    '(realms|client|tests)/|wamp[/.]' 'realms/(realm\.h|env\.h|rules\.h|[a-z]+\.def)'
rule 'router/ sees of crossbar-compat/ only crossbar.h' "$(files router)" \
    'crossbar-compat/' 'crossbar-compat/crossbar\.h'
rule 'client/ never includes realms/ or router/' "$(files client)" '(realms|router|crossbar-compat|tests)/'
rule 'client/tool/ uses libwamp as everybody does' "$(files client/tool)" '(client|common)/' \
    'client/tool/[a-z]+\.(h|def)|common/(mem|buf|str)\.h'
rule 'crossbar-compat/ never includes router/ or client/' \
    "$(files crossbar-compat 'crossbar-compat/tests/.*' 2>/dev/null)" '(router|client|tests)/|wamp[/.]|libwebsockets|uv\.h'
rule 'jansson and msgpack stay in common/ser_*.c' "$(files common 'common/ser_[a-z]*\.c')" '(jansson|msgpack)'
rule 'OpenSSL stays in common/authcalc.c and websocket_upgrade.c' \
    "$(files common 'common/(authcalc|websocket_upgrade)\.c')" 'openssl/'
rule 'OpenSSL stays in router/tls*.[ch]' "$(files router 'router/tls[a-z_]*\.[ch]')" 'openssl/'
rule 'libwebsockets stays in the files named for it' \
    "$(files router 'router/lws[a-z_]*\.[ch]' 'router/loop[a-z_]*\.[ch]')" 'libwebsockets'

# Everything that realms/ asks for and neither it nor common/ has, must be on this list: pure functions of the C
# library, and what the compiler adds.
allowed='mem(cpy|cmp|move|set|chr|rchr|mem)|str(n?len|n?cmp|chr|rchr|spn|cspn)|v?snprintf|qsort|bsearch|abort'
allowed="$allowed|__(mem|str|v?snprintf|assert|stack_chk)[a-z_]*|_GLOBAL_OFFSET_TABLE_"
allowed="$allowed|__(asan|ubsan|tsan|lsan|sanitizer|gcov|llvm)_?[a-z0-9_]*"
allowed="$allowed|_?_?(l?div|fmod|floor|is(nan|inf))[a-z0-9]*"

# What of common/ realms/ must not use either: log lines have a clock and a file.
forbidden='wamp_log|wamp_log_[a-z]+|wamp_secret_[a-z]+|wamp_cra_[a-z]+|wamp_scram_[a-z]+'

symbols() {
    asked=$(nm -u "$1" | awk '$1 == "U" {print $2}' | sort -u)
    own=$(nm --defined-only "$1" "$2" | awk 'NF == 3 {print $3}' | sort -u)
    echo "$asked" | grep -vxF "$own" | grep -vxE "$allowed"
    echo "$asked" | grep -xE "$forbidden"
}

if [ -n "$1" ]; then
    found=$(symbols "$1" "$2")
    if [ -n "$found" ]; then
        echo "realms/ asks the world for:" $found
        failed=$((failed + 1))
    else
        passed=$((passed + 1))
    fi
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
