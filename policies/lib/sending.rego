# METADATA
# title: Messages to many
# description: |
#   Whether a call sends to more recipients than data.destructive.bulk allows, or to everybody in a channel. A set of objects {pointer,
#   operation}.
package exequatur.lib.sending

import data.exequatur.lib.reading

bulk := data.destructive.bulk

# METADATA
# description: All that is known of the call as a sending.
operations := (always | to_many) | to_everybody

always := {{"pointer": "", "operation": "bulk_send"}} if {
	bulk.always[input.facts.tool.server][input.facts.tool.name] == true
} else := set()

sender if {
	some word in bulk.senders
	contains(lower(concat("/", [input.facts.tool.server, input.facts.tool.name])), word)
}

# Nobody knows what an unknown tool sends.
sender if not input.facts.tool.name

to_many := set() if {
	reading.meaningful == set()
} else := {{"pointer": "", "operation": "bulk_send"} |
	recipients > allowed
	sender
}

# Recipients are counted wherever they stand: in lists, in texts separated by commas, in every message of a batch.
recipients := sum([listed(text.value) |
	some text in reading.texts
	data.destructive.knowledge.members[reading.plain(reading.name(text.path))].recipients == true
])

# Several addresses may be separated by anything, a single one may have a name with spaces before it.
listed(text) := max([count(split(replace(text, ";", ","), ",")), count(split(text, "@")) - 1])

allowed := object.get(bulk.tools, [input.facts.tool.server, input.facts.tool.name], bulk.recipients) if {
	input.facts.tool.known == true
} else := bulk.recipients

# Most calls mention nobody.
to_everybody := set() if {
	not contains(everything, "@")
	not contains(everything, "<!")
} else := {{"pointer": reading.pointer(text.path), "operation": "broadcast"} |
	sender
	some text in reading.texts
	some mark in bulk.broadcasts
	contains(lower(text.value), mark)
}

everything := concat("\n", [node[1] | some node in reading.nodes; is_string(node[1])])
