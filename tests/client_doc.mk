# The programs of docs/CLIENT.md.
command.client-doc = BUILD=$(BUILD) WAMPD=$(wampd.bin) CC="$(CC)" FLAGS="$(san.flags)" LIBS="$(client.libs)" \
    python3 tests/client_doc_test.py
check.deps += $(wampd.bin) $(libwamp.a)
check.programs += client-doc

client-doc: $(wampd.bin) $(libwamp.a)  ## the programs of docs/CLIENT.md
	@$(command.client-doc)

.PHONY: client-doc
