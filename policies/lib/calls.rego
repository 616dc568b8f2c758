# METADATA
# title: What an API call would destroy
# description: |
#   Operations that arguments state without a language of their own, {"action": "delete"}, {"force": true}, {"replicas": 0} or MongoDB's
#   {"dropDatabase": 1}, by the tables of data.destructive.knowledge.
package exequatur.lib.calls

import data.exequatur.lib.reading

knowledge := data.destructive.knowledge

# METADATA
# description: Members that are an operation by their name and value, as objects {pointer, operation}.
members := set() if {
	reading.meaningful == set()
} else := {{"pointer": reading.pointer(path), "operation": operation} |
	some [path, value] in reading.nodes
	is_string(path[count(path) - 1])
	some operation in meant(knowledge.members[reading.plain(path[count(path) - 1])], value)
}

meant(meaning, value) := union({
	{"flag" | value == true; some tool in meaning.when_true; concerns(tool)},
	{meaning.when_zero | value == 0},
	{meaning.any_value | not value in {null, false}},
})

concerns("*")

concerns(tool) if tool == reading.plain(input.facts.tool.name)

# Nobody knows what an unknown tool does.
concerns(_) if not input.facts.tool.name

# METADATA
# description: The operation that an argument's text is by itself, such as delete in an argument called action, as a set.
verb(name, text) := verbs(text) | {operation | operation := knowledge.operation_values[lower(text)]} if {
	reading.plain(name) in knowledge.operation_names
} else := set()

verbs(text) := {"verb" |
	some verb in knowledge.verbs
	startswith(lower(text), verb)
	ends_word(text, verb)
	not programmed(text, verb)
}

# A verb that is also a program is judged as that.
programmed(text, verb) if {
	_ = knowledge.commands[verb]
	text != verb
}

# "deleted" is a state; delete, delete_user, DELETE and DeleteUser are operations.
ends_word(text, verb) if not substring(text, count(verb), 1) in letters

letters := {
	"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m",
	"n", "o", "p", "q", "r", "s", "t", "u", "v", "w", "x", "y", "z",
}

# METADATA
# description: The operations of a GraphQL mutation, as a set.
mutation(text) := {"graphql_delete" |
	contains(lower(text), "mutation")
	regex.match(`(?i)[{\s:](?:delete|destroy|purge|drop|terminate|wipe)[a-z0-9_]*\s*[({]`, text)
}

# METADATA
# description: The operations of code by phrases that stand in it, white space and quotes not counted.
phrases(text) := {phrase.code |
	some phrase in knowledge.phrases
	contains(squeezed, phrase.text)
} | scaled(text) if {
	squeezed := strings.replace_n({" ": "", "\t": "", "\n": "", "\r": "", "'": "", `"`: "", `\`: "", "`": ""}, lower(text))
}

# `replicas: 0` in a manifest, YAML or JSON, also written 00, +0, 0x0, !!int 0 or as an alias that stands for who knows what.
scaled(text) := {"kubectl_scale_zero"} if {
	regex.match(`(?i)replicas\\?['"]?\s*:\s*(?:[!&]\S*\s+)*(?:\\?['"]?[-+]?\.?0|\*)`, text)
} else := set()
