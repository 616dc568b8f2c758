# METADATA
# title: The tool of the facts, and tools in operators' lists
# description: |
#   An entry of a list names tools by `server` and `tool`, each a name or a glob.
package exequatur.lib.tools

import data.exequatur.lib.globs

# Looked up once: every list is compared with them.
server := input.facts.tool.server

name := input.facts.tool.name

effects := {"read", "write", "destructive"}

# METADATA
# description: The tool's effect in the catalogue, if the tool is known and the effect is one there is.
effect := tool.effect if {
	tool := input.facts.tool
	tool.known == true
	tool.effect in effects
}

# METADATA
# description: The facts are about the tool that the request names, whole or bare; a broken fact reaches no glob.
addressed if {
	input.facts.tool.known == true
	named(server, name, input.resource.id)
}

named(of, tool, id) if id == concat("/", [of, tool])

named(of, tool, id) if {
	id == tool
	object.get(input.resource, ["properties", "server"], of) == of
}

# METADATA
# description: |
#   Whether an entry names the tool. Undefined when the entry is no object, lacks a name or has a key that is not among those
#   allowed: to be listed nowhere is something that can be shown.
listed(entry, allowed) := both(
	globs.test(entry.server, server),
	globs.test(entry.tool, name),
) if {
	keyed(entry, allowed)
}

both(first, second) if {
	first
	second
} else := false

# METADATA
# description: Whether an entry names the tool, for those who need no proof that it does not.
names(entry, allowed) if {
	globs.test(entry.server, server)
	globs.test(entry.tool, name)
	keyed(entry, allowed)
}

# With two keys they are the two that are read in any case, and the costlier comparison is spared.
keyed(entry, allowed) if {
	count(entry) == 2
	is_object(entry)
} else if object.remove(entry, allowed) == {}

# METADATA
# description: Whether no entry of a list names the tool; undefined unless that is certain.
unlisted(entries, allowed) if {
	is_array(entries)
	every entry in entries { listed(entry, allowed) == false }
}

# METADATA
# description: Whether a list of effects leaves out the tool's. Says nothing about the list's other members; see are_effects.
unaffected(list) if {
	is_array(list)
	is_string(effect)
	not effect in list
}

# METADATA
# description: Whether something is a list of effects and of nothing else, so that none is misspelt.
are_effects(list) if {
	is_array(list)
	every member in list { member in effects }
}
