# wampd from outside: tests/integration/daemon_test.py.
command.daemon = $(if $(filter tsan,$(SAN)),RSS_FACTOR=10) WAMPD=$(wampd.bin) python3 tests/integration/daemon_test.py
check.deps += $(wampd.bin)
check.programs += $(if $(wampd.bin),daemon)

# The rest is seconds each, mostly waiting: a part of `make test`, and of the checks with sanitizers.
slow.programs := $(if $(SAN),check.programs,test.programs)

# And over TLS: tests/integration/tls_test.py.
command.tls = $(if $(SAN),RSS_FACTOR=100) WAMPD=$(wampd.bin) WAMP=$(wamp.bin) python3 tests/integration/tls_test.py
check.deps += $(wamp.bin)
$(slow.programs) += $(if $(wampd.bin),tls)

# And when it reads its configuration again: tests/integration/reload_test.py.
command.reload = $(if $(SAN),RSS_FACTOR=100) WAMPD=$(wampd.bin) python3 tests/integration/reload_test.py
$(slow.programs) += $(if $(wampd.bin),reload)

# Logins: tests/integration/auth_test.py.
command.auth = WAMPD=$(wampd.bin) WAMP=$(wamp.bin) python3 tests/integration/auth_test.py
$(slow.programs) += $(if $(wampd.bin),auth)

# HTTP long-poll: tests/integration/longpoll_test.py.
command.longpoll = WAMPD=$(wampd.bin) python3 tests/integration/longpoll_test.py
$(slow.programs) += $(if $(wampd.bin),longpoll)

# Crossbar.io's command and configurations: tests/integration/crossbar_test.py.
command.crossbar = CROSSBAR=$(crossbar.bin) WAMPD=$(wampd.bin) python3 tests/integration/crossbar_test.py
check.deps += $(crossbar.bin)
check.programs += $(if $(wampd.bin),crossbar)
