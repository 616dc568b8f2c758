# METADATA
# title: The tool's definition is signed
# description: |
#   Passes when the definition carries a signature that was verified, by an authority that is named. What failed is tolerated only
#   where data.signature.dangerously_tolerate_unverified lists the tool together with every code of the failure; a catalogue that does
#   not count is never tolerated.
package exequatur.controls.signature

import data.exequatur.lib.documents
import data.exequatur.lib.tools

pass if {
	input.facts.tool.known == true
	input.facts.tool.signatures.verified == true
	is_string(input.facts.tool.signatures.by[_].authority)
}

pass if {
	input.facts.tool.known == true
	signatures := input.facts.tool.signatures
	signatures.verified == false
	signatures.by == []
	is_array(signatures.failed)
	count(signatures.failed) > 0
	some entry in data.signature.dangerously_tolerate_unverified
	tools.listed(entry, {"server", "tool", "codes", "description"})
	is_array(entry.codes)
	every failure in signatures.failed { failure.code in entry.codes }
}

reasons contains {
	"code": "signature.unknown_tool",
	"message": "The tool is not in the catalogue, so nobody has signed for it. Use a tool that is listed.",
} if {
	not pass
	input.facts.tool.known == false
	not documents.unlisted
}

reasons contains {"code": concat("", ["signature.", why.code]), "message": why.message} if {
	not pass
	why := documents.unlisted
}

reasons contains {
	"code": "signature.unverified",
	"message": concat("", ["The tool's definition has no verified signature (", concat(", ", sort(codes)), "). Ask an operator to have it signed."]),
} if {
	not pass
	input.facts.tool.known == true
	codes := {failure.code | some failure in input.facts.tool.signatures.failed}
}
