# METADATA
# title: The server of the facts
# description: |
#   Whether the server that a call goes to is the one that the catalogue names, in a package of its own: what stands in a control's
#   package is worked out for every call, this only where it is asked for.
package exequatur.lib.servers

import data.exequatur.lib.tools

# METADATA
# description: It was observed to be the catalogue's, or nobody observed it and data.drift does not require that.
same if {
	input.facts.tool.server_identity == "matched"
} else if {
	input.facts.tool.server_identity == "asserted"
	unrequired
}

# METADATA
# description: No list requires that the server was observed, and there is no key that could be one, misspelt.
unrequired if {
	object.remove(data.drift, {"dangerously_tolerate_unobserved", "require_matched_identity"}) == {}
	tools.unlisted(object.get(data.drift, "require_matched_identity", []), {"server", "tool", "description"})
}

# METADATA
# description: An entry of data.drift requires that the server was observed.
required if {
	some entry in data.drift.require_matched_identity
	tools.listed(entry, {"server", "tool", "description"})
}
