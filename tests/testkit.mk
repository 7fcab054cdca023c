# The test kit starts routers: its test says which.
testkit.test := $(BUILD)/tests/unit/client/testkit_test
command.$(testkit.test) = WAMPD=$(wampd.bin) $(testkit.test)
check.deps += $(wampd.bin)
