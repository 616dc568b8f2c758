# METADATA
# title: Tools in operators' lists
# description: |
#   An entry of a list names tools by `server` and `tool`, each a name or a glob. Tested against the tool of the facts.
package exequatur.lib.tools

import data.exequatur.lib.glob

# METADATA
# description: |
#   True or false; undefined when the entry is no object, lacks a name or carries a key that is not among those allowed. To be
#   listed nowhere is therefore something that can be shown: `listed(…) == false` for every entry.
listed(entry, allowed) := both(
	glob.test(entry.server, input.facts.tool.server),
	glob.test(entry.tool, input.facts.tool.name),
) if {
	is_object(entry)
	object.remove(entry, allowed) == {}
}

both(first, second) if {
	first
	second
} else := false

# METADATA
# description: Whether no entry of a list names the tool; undefined unless that is certain.
unlisted(entries, allowed) if {
	is_array(entries)
	every entry in entries { listed(entry, allowed) == false }
}
