# METADATA
# title: Nothing is destroyed unless somebody said so
# description: |
#   Judges a call by the effect of its tool in the catalogue (what nobody knows is destructive) and, whatever the effect, by what its
#   arguments would do: SQL, shell commands, operations of an API, messages to many. Passes when nothing destructive was found, or
#   data.destructive excepts all that was, or a step of a valid plan covers it where data says so. There is no skip: arguments always
#   have to be looked at. docs/policies-destructive.md lists the codes and the limits.
package exequatur.controls.destructive

import data.exequatur.lib.destruction
import data.exequatur.lib.wording

pass if {
	destruction.well_formed
	destruction.addressed
	is_set(destruction.findings)
	every finding in destruction.findings { destruction.covered(finding) }
}

reasons contains {"code": concat("", ["destructive.", finding.operation]), "message": message} if {
	not pass
	some finding in destruction.findings
	not destruction.covered(finding)
	message := concat(" ", [destruction.place(finding.pointer), wording.effect(finding.operation), wording.remedy(finding.operation)])
}

reasons contains {
	"code": "destructive.arguments_missing",
	"message": "The call has no arguments to be judged. Send them in action.properties.arguments, {} where there are none.",
} if {
	not pass
	not destruction.has_arguments
}

reasons contains {
	"code": "destructive.names_disagree",
	"message": "The tool that was looked up is not the one that the request names. Name it as SERVER/TOOL in resource.id.",
} if {
	not pass
	input.facts.tool.known == true
	not destruction.addressed
}

reasons contains {
	"code": "destructive.data_malformed",
	"message": "The operators' data about destructive calls cannot be relied upon, so nothing passes. Ask an operator to check it.",
} if {
	not pass
	destruction.has_arguments
	is_string(input.facts.environment)
	is_boolean(input.facts.tool.known)
	not destruction.well_formed
}
