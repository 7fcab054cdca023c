# The tool against the daemon: tests/tool/tool_test.py.
tool.services := $(addprefix $(BUILD)/ex/,binary.so news.so streams.so retire.so)
command.tool = WAMPD=$(wampd.bin) WAMP=$(wamp.bin) EXAMPLES=$(BUILD)/ex python3 tests/tool/tool_test.py
check.deps += $(wamp.bin) $(tool.services)
check.programs += $(if $(wamp.bin),tool)
