# METADATA
# title: How each argument is read
# description: |
#   Every text in a call's arguments, with its place and with what it is taken for: sql, shell, both, text, or auto. Said by
#   data.destructive.interpret for this tool, else by the argument's name; what nobody knows is auto, and a word that data misspells both.
package exequatur.lib.reading

# METADATA
# description: Everything in the arguments, as pairs of path and value. Walking costs more than going through what was found.
nodes := [node | walk(input.action.properties.arguments, node)]

# METADATA
# description: The texts, as objects {path, value, kind}.
texts := [{"path": path, "value": value, "kind": kind(path)} |
	some [path, value] in nodes
	is_string(value)
]

# METADATA
# description: The values of the texts that are read as anything but text; the same as by `texts`, and cheaper.
analysed := [value |
	some [path, value] in nodes
	is_string(value)
	not mere_text(path)
] if {
	_ = pointers
} else := [value |
	some [path, value] in nodes
	is_string(value)
	not name(path) in prose
]

mere_text(path) if kind(path) == "text"

# Names of text. A name with a line break is no name of any table, and would shift the others: then nothing is taken for text.
prose := {names[i] |
	some i, word in plain_names
	data.destructive.names[word] == "text"
} if {
	names := [name | some name in member_names]
	count(names) == count(plain_names)
	not executor
} else := set()

plain_names := split(plain(concat("\n", member_names)), "\n")

pointers := data.destructive.interpret[input.facts.tool.server][input.facts.tool.name]

# METADATA
# description: A name as the tables of data write it.
plain(name) := replace(replace(lower(name), "_", ""), "-", "")

# METADATA
# description: The argument's own name, that of the array for what is in one.
name(path) := path[count(path) - 1] if {
	is_string(path[count(path) - 1])
} else := path[count(path) - 2] if {
	is_string(path[count(path) - 2])
} else := [part | some part in array.reverse(path); is_string(part)][0]

# METADATA
# description: The names of all members, each once and as they are written.
member_names := {part | some node in nodes; some part in node[0]; is_string(part)}

# METADATA
# description: Those that a table of data.destructive.knowledge gives a meaning, as `plain` writes them.
meaningful := {name |
	some name in plain_names
	_ = data.destructive.knowledge.members[name]
}

# METADATA
# description: A JSON pointer (RFC 6901).
pointer(path) := concat("", [concat("", ["/", step(part)]) | some part in path])

step(part) := replace(replace(part, "~", "~0"), "/", "~1") if {
	is_string(part)
} else := format_int(part, 10)

default executor := false

executor if {
	some word in data.destructive.executors
	contains(lower(input.facts.tool.name), word)
}

kind(path) := written if {
	written := interpreted(path)
} else := by_name(plain(name(path)))

interpreted(path) := word if {
	place := concat("", [general(path), "/"])
	fitting := [[count(written), kind] | some written, kind in pointers; startswith(place, concat("", [written, "/"]))]
	count(fitting) > 0
	word := known_kind(max(fitting)[1])
}

general(path) := concat("", [concat("", ["/", generic(part)]) | some part in path])

generic(part) := step(part) if {
	is_string(part)
} else := "*"

known_kind(word) := word if {
	word in {"sql", "shell", "both", "text", "auto"}
} else := "both"

by_name(name) := "auto" if {
	data.destructive.names[name] == "text"
	executor
} else := known_kind(data.destructive.names[name]) if {
	_ = data.destructive.names[name]
} else := "sql" if {
	contains(name, "sql")
} else := "shell" if {
	shell_name(name)
} else := "auto"

shell_name(name) if contains(name, "command")

shell_name(name) if contains(name, "cmd")

shell_name(name) if contains(name, "shell")

shell_name(name) if contains(name, "bash")

shell_name(name) if contains(replace(name, "description", ""), "script")
