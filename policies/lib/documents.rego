# METADATA
# title: Catalogues and plans that do not count
# description: |
#   Why a document does not count, as far as an agent may read it: by the codes of the facts, never by names or texts.
package exequatur.lib.documents

# METADATA
# description: Why none counts that lists the tool, as {code, message}; undefined for a tool that no document lists.
unlisted := {"code": input.facts.tool.code, "message": message} if {
	input.facts.tool.known == false
	why := catalogues[input.facts.tool.code]
	message := sentence(why.says, input.facts.tool, why.remedy)
}

# METADATA
# description: What is said of a document, with the codes of the failures that the facts name, and what to do.
sentence(says, facts, remedy) := concat("", [says, because(object.get(facts, "failed", [])), ". ", remedy])

# Each code once, and no more of them than a message has room for.
because(failed) := concat("", [" (", concat(", ", array.slice(sort(codes), 0, 16)), ")"]) if {
	codes := {failure.code | some failure in failed; is_string(failure.code)}
	count(codes) > 0
} else := ""

catalogues := {
	"catalogue_refused": {
		"says": "The catalogue that lists this tool does not count here",
		"remedy": "Ask an operator to look into it, or to have it corrected and signed.",
	},
	"catalogue_withdrawn": {
		"says": "The catalogue that lists this tool does not count any more",
		"remedy": "Ask an operator to look into it, or to have a new version signed.",
	},
	"catalogue_unreadable": {
		"says": "No catalogue that can be read lists this tool, and there is one that cannot be read",
		"remedy": "Use a tool that is listed, or ask an operator to correct it.",
	},
}
