# What is generated from the tables of the tool and kept with the sources.
man: $(wamp.bin) $(wampd.bin) $(crossbar.bin)  ## write docs/man anew, after a change to client/tool/*.def, router/*.def, router/crossbar.c
	@mkdir -p docs/man
	$(wamp.bin) help --man >docs/man/wamp.1
	$(wampd.bin) --help-man >docs/man/wampd.1
	$(crossbar.bin) --help-man >docs/man/crossbar.1

.PHONY: man
