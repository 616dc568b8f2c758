# METADATA
# title: Messages to many
# description: |
#   Whether a call sends to more recipients than data.destructive.bulk allows, or to everybody in a channel. A set of objects {pointer,
#   operation}.
package exequatur.lib.sending

import data.exequatur.lib.globs
import data.exequatur.lib.reading

bulk := data.destructive.bulk

# METADATA
# description: All that is known of the call as a sending.
operations := (always | to_many) | to_everybody

always := {{"pointer": "", "operation": "bulk_send"} |
	some entry in bulk.always
	globs.test(entry.server, input.facts.tool.server) != false
	globs.test(entry.tool, input.facts.tool.name) != false
}

default sender := false

sender if {
	some word in bulk.senders
	contains(lower(concat("/", [input.facts.tool.server, input.facts.tool.name])), word)
}

# Nobody knows what an unknown tool sends.
sender if not input.facts.tool.name

to_many := {{"pointer": "", "operation": "bulk_send"} | recipients > allowed} if {
	sender
} else := set()

# Recipients are counted wherever they stand: in lists, in texts separated by commas, in every message of a batch.
recipients := sum([count(split(replace(text.value, ";", ","), ",")) |
	some text in reading.texts
	bulk.names[reading.plain(reading.name(text.path))] == true
])

allowed := bulk.tools[input.facts.tool.server][input.facts.tool.name] if {
	true
} else := bulk.recipients

to_everybody := {{"pointer": reading.pointer(text.path), "operation": "broadcast"} |
	some text in reading.texts
	some mark in bulk.broadcasts
	contains(lower(text.value), mark)
} if {
	sender
} else := set()
