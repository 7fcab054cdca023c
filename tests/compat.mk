# `make compat`: what Crossbar.io does in the conversations of tests/scripts. CROSSBAR names its program; without it, it is
# installed into a virtual environment of its own.
compat.venv := build/compat-venv
CROSSBAR ?= $(compat.venv)/bin/crossbar

$(compat.venv)/bin/crossbar:
	$(Q)python3 -m venv $(compat.venv) && $(compat.venv)/bin/pip install --quiet crossbar

compat: $(wtc) $(CROSSBAR)  ## the conversations against Crossbar.io (CROSSBAR=path/to/crossbar), and where it differs
	@tests/compat/compat.py $(CROSSBAR) $(wtc) $(scripts)

.PHONY: compat
