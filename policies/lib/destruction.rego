# METADATA
# title: What a call would destroy
# description: |
#   What the control destructive rests on, in a package of its own: what stands in a control's package is worked out for every call,
#   this only where it is asked for.
package exequatur.lib.destruction

import data.exequatur.lib.calls
import data.exequatur.lib.clock
import data.exequatur.lib.globs
import data.exequatur.lib.plans
import data.exequatur.lib.reading
import data.exequatur.lib.roles
import data.exequatur.lib.sending
import data.exequatur.lib.shell
import data.exequatur.lib.sql
import data.exequatur.lib.tools

# The positive evidence: there are arguments and the tables that they are compared with.
well_formed if {
	has_arguments
	is_string(input.facts.environment)
	is_boolean(input.facts.tool.known)
	is_array(data.destructive.exceptions)
	is_object(data.destructive.plan_covers)
	is_array(data.destructive.environments)
	is_object(data.destructive.interpret)
	is_object(data.destructive.names)
	is_array(data.destructive.executors)
	is_number(data.destructive.limits.analysed)
	is_number(data.destructive.limits.suspicious)
	is_number(data.destructive.bulk.recipients)
	is_object(data.destructive.knowledge.commands)
	is_object(data.destructive.knowledge.keywords)
	count(data.destructive.knowledge.keywords) > 0
	count(data.destructive.knowledge.hints) == count(data.destructive.knowledge.keywords)
}

has_arguments if is_object(input.action.properties.arguments)

# The facts are about the tool that the request names, so that how the tool's arguments are read is not another's.
addressed if input.facts.tool.known == false

addressed if tools.addressed

# What the call would do, each with the JSON pointer of the argument that says so; "" is the call as a whole.
findings := union({by_tool, by_members, by_texts, sending.operations})

by_tool := set() if {
	tools.effect in {"read", "write"}
} else := {{"pointer": "", "operation": "tool"}} if {
	tools.effect == "destructive"
} else := {{"pointer": "", "operation": "tool_unknown"}}

by_members := calls.members

# What the texts of the arguments would do. Most contain no keyword and are not looked at further.
by_texts := set() if {
	suspect(corpus) == false
	count(corpus) <= data.destructive.limits.analysed
} else := {{"pointer": "", "operation": "too_long_to_analyse"}} if {
	count(corpus) > data.destructive.limits.analysed
} else := {{"pointer": "", "operation": "too_long_to_analyse"}} if {
	sum([count(unit.text) | some unit in suspects]) > data.destructive.limits.suspicious
} else := {{"pointer": unit.pointer, "operation": operation} | some [unit, operations] in judged; some operation in operations} if {
	judged := [[unit, judgement(unit)] | some unit in suspects]
	count(judged) == count(suspects)
}

# Everything at once, in which keywords are looked for; names of members as well, for {"rm -rf /": true}.
corpus := concat("\n", array.concat(reading.analysed, [name | some name in reading.member_names]))

# Quotes would hide a keyword, so they are taken out; what could hide one in other ways is suspect by itself.
suspect(text) if {
	some mark in [`\`, "$", "`", "&'"]
	contains(text, mark)
} else if {
	patterned(text)
} else if {
	continued(text)
} else := worded(replace(replace(replace(lower(concat("\n", ["", text, ""])), "'", ""), `"`, ""), "^", ""))

# Names written with patterns, before options: /bin/r? -rf x, {r,}m -rf x.
patterned(text) if {
	some mark in ["?", "*", "[", "{"]
	contains(text, mark)
	some option in [" -", "\t-", "\n-", ",-"]
	contains(text, option)
}

# 'DR' 'OP' is DROP.
continued(text) if {
	contains(text, "'")
	regex.match(`'(?:[\s\x0b]|--[^\n\r]*[\n\r]|/\*)+'`, text)
}

# In a long text one pass for all hints is cheaper than one for each, in a short one it is not.
worded(plain) := false if {
	count(plain) > 200
	strings.replace_n(data.destructive.knowledge.hints, plain) == plain
} else := count([keyword |
	some hint, keywords in data.destructive.knowledge.keywords
	contains(plain, hint)
	some keyword in keywords
	contains(plain, keyword)
]) > 0

# What is judged by itself: each text, the words of a list as one command, a command with its arguments, and names of members.
suspects := [unit | some unit in array.concat(array.concat(single, listed), array.concat(called, by_name)); suspect(unit.text) != false]

single := [{"pointer": reading.pointer(text.path), "name": reading.name(text.path), "kind": text.kind, "text": text.value} |
	some text in reading.texts
	text.kind != "text"
]

listed := [{"pointer": reading.pointer(path), "name": reading.name(path), "kind": kind, "text": concat(" ", value)} |
	some [path, value] in reading.nodes
	is_array(value)
	count(value) > 1
	every member in value { is_string(member) }
	kind := reading.kind(array.concat(path, [0]))
	kind != "text"
]

called := [{"pointer": reading.pointer(path), "name": "command", "kind": "shell", "text": concat(" ", array.concat([program], words))} |
	some [path, value] in reading.nodes
	is_object(value)
	some name, program in value
	is_string(program)
	reading.plain(name) in data.destructive.knowledge.program_names
	some other, words in value
	is_array(words)
	reading.plain(other) in data.destructive.knowledge.words_names
	every word in words { is_string(word) }
]

by_name := [{"pointer": "", "name": "", "kind": "auto", "text": name} | some name in reading.member_names]

judgement(unit) := union({
	sql_operations(unit),
	shell.operations(unit.text, unit.kind in {"shell", "both"}),
	calls.phrases(unit.text),
	calls.mutation(unit.text),
	calls.verb(unit.name, unit.text),
})

sql_operations(unit) := sql.operations(unit.text) if {
	unit.kind in {"sql", "both"}
} else := sql.operations(unit.text) if {
	sql.resembles(unit.text)
} else := set() if {
	sql.resembles(unit.text) == false
}

# A step of a plan that is valid in every respect, where data lets plans cover what they destroy. What data itself gets wrong is
# covered by nothing.
covered(finding) if {
	finding.operation != "data_malformed"
	data.destructive.plan_covers[input.facts.environment] == true
	plans.covers_call
}

# An operator's exception.
covered(finding) if {
	finding.operation != "data_malformed"
	some exception in data.destructive.exceptions
	tools.listed(exception, {"environments", "roles", "server", "tool", "operations", "until", "description"})
	lists(exception.operations, finding.operation)
	some role in exception.roles
	held(role)
	some environment in exception.environments
	here(environment)
	live(exception)
}

lists(patterns, name) if {
	some pattern in patterns
	globs.test(pattern, name)
}

held("*") if is_set(roles.effective)

held(pattern) if {
	some role in roles.effective
	globs.test(pattern, role)
}

here(name) if name == input.facts.environment

here(pattern) if {
	input.facts.environment in data.destructive.environments
	input.facts.environment != "unknown"
	globs.test(pattern, input.facts.environment)
}

live(exception) if object.get(exception, "until", set()) == set()

live(exception) if clock.now < time.parse_rfc3339_ns(exception.until)

place("") := "The call"

place(pointer) := concat(" ", ["The argument", pointer]) if pointer != ""
