# What `make install` leaves behind: tests/install/install_test.py.
installed := $(BUILD)/installed
install.prefix := /opt/wamp

command.installed = rm -rf $(installed) && \
    $(MAKE) --no-print-directory BUILD=$(BUILD) DESTDIR=$(installed) PREFIX=$(install.prefix) install >/dev/null && \
    INSTALLED=$(installed) PREFIX=$(install.prefix) python3 tests/install/install_test.py
test.programs += installed
