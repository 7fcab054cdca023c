# What is generated from the tables of the tool and kept with the sources.
man: $(wamp.bin)  ## write docs/man/wamp.1 anew, after a change to client/tool/*.def
	@mkdir -p docs/man
	$(wamp.bin) help --man >docs/man/wamp.1

.PHONY: man
