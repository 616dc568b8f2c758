# METADATA
# title: The tool is the one that was signed off
# description: |
#   Passes while the definition that the server offers is the catalogue's. A changed definition is never tolerated; an unobserved one
#   only where data.drift.dangerously_tolerate_unobserved lists the tool.
package exequatur.controls.drift

import data.exequatur.lib.tools

pass if {
	input.facts.tool.known == true
	input.facts.tool.drift == "none"
}

pass if {
	input.facts.tool.known == true
	input.facts.tool.drift == "unobserved"
	some entry in data.drift.dangerously_tolerate_unobserved
	tools.listed(entry, {"server", "tool", "description"})
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
	"message": "The tool is not in the catalogue, so its definition cannot be compared. Use a tool that is listed.",
} if {
	not pass
	input.facts.tool.known == false
}
