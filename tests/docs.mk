# Documents that repeat a table are held to it.
command.docs = tests/check-docs.sh $(wampd.bin) $(wamp.bin)
check.deps += $(wampd.bin) $(crossbar.bin) $(wamp.bin)
check.programs += docs
