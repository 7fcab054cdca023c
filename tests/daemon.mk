# wampd from outside: tests/integration/daemon_test.py.
command.daemon = $(if $(filter tsan,$(SAN)),RSS_FACTOR=10) WAMPD=$(wampd.bin) python3 tests/integration/daemon_test.py
check.deps += $(wampd.bin)
check.programs += $(if $(wampd.bin),daemon)

# And over TLS: tests/integration/tls_test.py.
command.tls = $(if $(SAN),RSS_FACTOR=100) WAMPD=$(wampd.bin) WAMP=$(wamp.bin) python3 tests/integration/tls_test.py
check.deps += $(wamp.bin)
check.programs += $(if $(wampd.bin),tls)
