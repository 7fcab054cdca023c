# Who may include whom, and what realms/ may call: the drawing of the parts, checked.
check.deps += $(call lib,realms) $(call lib,common)
check.programs += layers
command.layers = tests/check-layers.sh $(call lib,realms) $(call lib,common)
