# The test kit starts routers: its test says which.
testkit.test := $(BUILD)/tests/unit/client/testkit_test
command.$(testkit.test) = WAMPD=$(wampd.bin) $(testkit.test)
check.deps += $(wampd.bin)

# The fixtures for pytest, in an environment with pytest alone.
pytest.venv := build/pytest-venv
pytest.installed := $(pytest.venv)/.installed

$(pytest.installed):
	$(Q)python3 -m venv $(pytest.venv) && $(pytest.venv)/bin/pip install --quiet --disable-pip-version-check \
	    pytest==8.4.2 && touch $@

command.pytest-wampd = WAMPD=$(abspath $(wampd.bin)) PYTHONPATH=client/pytest_wampd PYTHONDONTWRITEBYTECODE=1 \
    $(pytest.venv)/bin/python -m pytest -q -p pytest_wampd -p no:cacheprovider client/pytest_wampd/tests
test.deps += $(pytest.installed)
test.programs += pytest-wampd

pytest-wampd: $(pytest.installed) $(wampd.bin)  ## the fixtures for pytest
	@$(command.pytest-wampd)

.PHONY: pytest-wampd
