# METADATA
# title: The principal may use the tool
# description: |
#   Passes when a role of the principal grants the tool, by name or by glob, with these arguments and at this time, and no denial of
#   any of its roles or of the principal itself names the tool. Reads data.access.
package exequatur.controls.access

import data.exequatur.lib.arguments
import data.exequatur.lib.clock
import data.exequatur.lib.documents
import data.exequatur.lib.roles
import data.exequatur.lib.tools

pass if {
	addressed
	input.facts.tool.arguments_valid == true
	undenied
	count(grants) > 0
}

# METADATA
# description: |
#   What the permit rests on, in the words of the data; `until` is null for a grant without an end. Globs are asked only where no
#   grant by name holds.
grants := by_name if {
	count(by_name) > 0
} else := by_pattern

by_name contains grant(role, input.facts.tool, terms) if {
	addressed
	some role in roles.effective
	some terms in exact(role)
	known_keys(terms)
	live(terms)
	fits(terms)
}

by_pattern contains grant(role, {"server": terms.server, "name": terms.tool}, terms) if {
	count(by_name) == 0
	addressed
	some role in roles.effective
	some terms in data.access.roles[role].grant_patterns
	tools.names(terms, {"server", "tool", "until", "arguments", "description"})
	live(terms)
	fits(terms)
}

known_keys(terms) if {
	count(terms) == 0
} else if object.remove(terms, {"arguments", "description", "until"}) == {}

grant(role, tool, terms) := {
	"role": role,
	"server": tool.server,
	"tool": tool.name,
	"until": object.get(terms, "until", null),
}

# The facts are about the tool that the request names, whole or bare.
addressed if {
	input.action.name == "tools/call"
	input.resource.type == "tool"
	tools.addressed
}

undenied if {
	object.remove(data.access, {"roles", "bindings", "denials"}) == {}
	every role in roles.effective { tools.unlisted(denials(role), {"server", "tool", "description"}) }
	tools.unlisted(own_denials(input.facts.principal), {"server", "tool", "description"})
}

denials(role) := object.get(data.access.roles[role], "denials", [])

own_denials(principal) := object.get(ids, principal.id, []) if {
	issuers := object.get(data.access, "denials", {})
	is_object(issuers)
	ids := object.get(issuers, principal.issuer, {})
	is_object(ids)
}

# A grant is one object, or a list of alternatives.
exact(role) := alternatives(data.access.roles[role].grants[tools.server][tools.name])

alternatives(terms) := [terms] if {
	is_object(terms)
} else := terms if is_array(terms)

live(terms) if object.get(terms, "until", set()) == set()

live(terms) if clock.now < time.parse_rfc3339_ns(terms.until)

fits(terms) if object.get(terms, "arguments", set()) == set()

fits(terms) if arguments.satisfy(terms.arguments)

reasons contains {"code": "access.unknown_tool", "message": message} if {
	not pass
	input.facts.tool.known == false
	message := {
		"not_in_catalogue": "No catalogue lists this tool. Use a tool that is listed, or ask an operator to add it.",
		"not_a_tool_call": "The request is no tool call: action.name is tools/call and resource.type is tool.",
		"server_not_named": "The request does not say which server's tool it means. Name it as SERVER/TOOL in resource.id.",
	}[input.facts.tool.code]
}

reasons contains {"code": concat("", ["access.", why.code]), "message": why.message} if {
	not pass
	why := documents.unlisted
}

reasons contains {
	"code": "access.names_disagree",
	"message": "The tool that was looked up is not the one that the request names. Name it as SERVER/TOOL in resource.id.",
} if {
	not pass
	input.facts.tool.known == true
	not addressed
}

reasons contains {"code": "access.arguments_invalid", "message": message} if {
	not pass
	input.facts.tool.arguments_valid == false
	message := {
		"arguments_absent": "The call has no arguments. Send them in action.properties.arguments, {} where there are none.",
		"arguments_do_not_match_schema": "The arguments do not match the tool's input schema in the catalogue. Correct them.",
	}[input.facts.tool.arguments_code]
}

reasons contains {
	"code": "access.denied",
	"message": concat("", [
		"A denial covers ", named_tool(input.facts.tool),
		". No other role makes up for it; ask an operator if it should not.",
	]),
} if {
	not pass
	denied(input.facts.principal)
}

denied(_) if {
	some role in roles.effective
	some entry in denials(role)
	tools.listed(entry, {"server", "tool", "description"})
}

denied(principal) if {
	some entry in own_denials(principal)
	tools.listed(entry, {"server", "tool", "description"})
}

reasons contains {
	"code": "access.data_malformed",
	"message": "The operators' data about access cannot be relied upon, so nothing is granted. Ask an operator to check it.",
} if {
	not pass
	addressed
	not undenied
	not denied(input.facts.principal)
}

reasons contains {
	"code": "access.no_grant",
	"message": concat("", [
		"No role of ", input.facts.principal.id, " grants ", named_tool(input.facts.tool),
		". Use another tool, or ask an operator for a role that grants it.",
	]),
} if {
	not pass
	undenied
	addressed
	count(candidates(input.facts.tool)) == 0
}

reasons contains {
	"code": "access.grant_expired",
	"message": concat("", ["The grant of ", named_tool(input.facts.tool), " has ended. Ask an operator to extend it."]),
} if {
	not pass
	undenied
	addressed
	found := candidates(input.facts.tool)
	count(found) > 0
	every candidate in found { not live(candidate.terms) }
}

reasons contains {
	"code": "access.argument_constraint",
	"message": concat("", [
		"Role ", candidate.role, " grants ", named_tool(input.facts.tool), " only with other values of ",
		concat(", ", sort(arguments.unsatisfied(candidate.terms.arguments))), ". Change them, or ask an operator.",
	]),
} if {
	not pass
	undenied
	addressed
	some candidate in candidates(input.facts.tool)
	live(candidate.terms)
	not fits(candidate.terms)
}

# Every grant that names the tool, whatever its end and its constraints.
candidates(tool) := by_name | by_pattern if {
	by_name := {{"role": role, "terms": terms} |
		some role in roles.effective
		some terms in exact(role)
	}
	by_pattern := {{"role": role, "terms": terms} |
		some role in roles.effective
		some terms in data.access.roles[role].grant_patterns
		tools.names(terms, {"server", "tool", "until", "arguments", "description"})
	}
	is_string(tool.name)
}

named_tool(tool) := concat("/", [tool.server, tool.name])
