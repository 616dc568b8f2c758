# METADATA
# title: The tool is the one that was signed off
# description: |
#   Passes while the definition that the server offers is the catalogue's, and the server is the catalogue's or was observed by nobody.
#   A changed definition or another server is never tolerated; an unobserved definition only where
#   data.drift.dangerously_tolerate_unobserved lists the tool, and an unobserved server unless data.drift.require_matched_identity does.
package exequatur.controls.drift

import data.exequatur.lib.servers
import data.exequatur.lib.tools

pass if {
	input.facts.tool.known == true
	input.facts.tool.drift == "none"
	servers.same
}

pass if {
	input.facts.tool.known == true
	input.facts.tool.drift == "unobserved"
	servers.same
	some entry in data.drift.dangerously_tolerate_unobserved
	tools.listed(entry, {"server", "tool", "description"})
}

reasons contains {
	"code": "drift.another_server",
	"message": "The server that was observed is not the one that the catalogue names. Do not use it; ask an operator to find out why.",
} if {
	not pass
	input.facts.tool.server_identity == "mismatched"
}

reasons contains {
	"code": "drift.server_unobserved",
	"message": concat("", [
		"This tool may be used only at a server that was observed to be the catalogue's. ",
		"Send its key or digest in resource.properties.server_identity.",
	]),
} if {
	not pass
	input.facts.tool.server_identity == "asserted"
	servers.required
}

reasons contains {
	"code": "drift.changed",
	"message": "The server offers another definition of this tool than the catalogue. Do not use it; ask an operator to review it.",
} if {
	not pass
	input.facts.tool.drift == "changed"
}

reasons contains {
	"code": "drift.unobserved",
	"message": "The definition that the server offers was not compared with the catalogue. Send its digest with the request.",
} if {
	not pass
	input.facts.tool.drift == "unobserved"
}

reasons contains {
	"code": "drift.unknown_tool",
	"message": "The tool is in no catalogue that counts, so its definition cannot be compared. Use a tool that is listed.",
} if {
	not pass
	input.facts.tool.known == false
}

reasons contains {
	"code": "drift.data_malformed",
	"message": "The operators' data about drift cannot be relied upon, so a server has to be observed. Ask an operator to check it.",
} if {
	not pass
	input.facts.tool.server_identity == "asserted"
	not servers.unrequired
	not servers.required
}
