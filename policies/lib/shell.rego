# METADATA
# title: What a shell command would destroy
# description: |
#   Names the destructive operations of a text that is a command or a script, by the table data.destructive.knowledge.commands:
#   program → rules {code, needs}, where each of `needs` lists words of which one has to follow the program. A word is itself in any
#   letter case; `-x` any cluster of short options with that letter; `--long` also with =value; `abc*` whatever begins so;
#   `-*abc` an option that ends so.
#
#   Quotes, backslashes, line continuations, expansions and braces are taken away before the words are looked at, in two readings,
#   for what is an escape in one shell is a separator in another. This is no shell: what a variable holds is not known, and a command
#   whose name is computed while it deletes recursively is called shell_obscured. POSIX shells, cmd and PowerShell.
package exequatur.lib.shell

import data.exequatur.lib.sql
import data.exequatur.lib.words

knowledge := data.destructive.knowledge

# METADATA
# description: |
#   The operations of a command; undefined when that cannot be told. `anywhere`: a program counts wherever it stands, so that none
#   hides behind another. Otherwise only where a command begins, which prose that mentions one does not.
operations(text, anywhere) := union({set | some set in found}) if {
	found := [judged(reading, text, anywhere) | some reading in readings(text)]
	count(found) == count(readings(text))
}

# Escapes removed, and escapes as separators, and where there are lists as YAML writes them with their items as words. Both keep the letter case, for -d and -D differ.
readings(text) := array.concat([plainly, separated(strings.replace_n(parting, expanded(text, " ")))], array.concat(redirected(text), lists(text))) if {
	plainly := separated(strings.replace_n(joining, expanded(text, "")))
}

# &> is a redirection to one shell, to another the end of a command and a redirection.
redirected(text) := [separated(strings.replace_n(joining, expanded(replace(text, "&>", ">"), "")))] if {
	contains(text, "&>")
} else := []

lists(text) := [] if {
	not regex.match(`\n\s*- `, text)
} else := [separated(strings.replace_n(joining, expanded(joined, "")))] if {
	parts := regex.find_all_string_submatch_n(`\s*\n\s*- |([^\n\s]+|\s)`, text, -1)
	joined := concat("", [itemised(match) | some match in parts])
}

itemised(match) := match[1] if {
	match[1] != ""
} else := " "

joining := {`\`: "", "'": "", `"`: "", "`": "", "^": ""}

parting := {`\`: "/", "'": "", `"`: "", "`": " ; ", "^": "^"}

# Continued lines are one line. $IFS is white space; what any other expansion stands for is not known.
expanded(text, value) := unbroken(text) if {
	not contains(text, "$")
} else := concat("", [expansion(match, value) |
	some match in regex.find_all_string_submatch_n(
		`(?s)(\$\{IFS[^}]*\}|\$IFS)|(\$\()|(\$\{[^}]*\}|\$[A-Za-z_][A-Za-z_0-9]*|\$[0-9@*#?!$-]|\$)|(.)`,
		unbroken(text), -1,
	)
])

unbroken(text) := replace(replace(text, "\\\n", ""), "\\\r\n", "")

expansion(match, value) := match[4] if {
	match[4] != ""
} else := value if {
	match[3] != ""
} else := " ; " if {
	match[2] != ""
} else := " "

# Lists in braces and brackets are words: {rm,-rf,/}, ["rm", "-rf", "/"].
separators := {
	"\n": " ; ", "\r": " ; ", ";": " ; ", "&": " ; ", "|": " | ", "(": " ; ", ")": " ; ", "{": " ", "}": " ", ",": " ", "[": " ",
	"]": " ", "<": " < ", ">": " > ",
}

separated(text) := concat(" ", words.of(strings.replace_n(words.white_space, strings.replace_n(separators, text))))

judged(reading, text, anywhere) := union({
	by_programs,
	by_variables(text),
	by_slashes(text),
	written_over(words.of(reading)),
	piped(words.of(reading), anywhere),
	obscured(pieces, text, anywhere),
	databases(pieces, text, anywhere),
}) if {
	pieces := [words.of(piece) | some piece in split(replace(reading, "|", ";"), ";")]
	by_programs := {code | some piece in pieces; some code in commanded(piece, anywhere)}
}

# TF_CLI_ARGS=-destroy terraform apply.
by_variables(text) := {"terraform_destroy"} if {
	regex.match(`(?is)tf_cli_args.*(?:destroy|auto-approve)`, text)
} else := set()

# Options of cmd need no spaces: rd/s, rd /q/s.
by_slashes(text) := {"rm_recursive"} if {
	regex.match(`(?i)(?:^|[\s;&|("'])(?:rd|rmdir|del|erase)\s*(?:/[a-z]\s*)*/s(?:/[a-z])*(?:["'\s]|$)`, text)
} else := set()

# The name of a program that a word calls: its path and what it is assigned to are taken away.
program(word) := called(parts[count(parts) - 1]) if parts := split(replace(lower(word), "=", "/"), "/")

# mkfs.ext4 is mkfs.
called(name) := "mkfs" if {
	startswith(name, "mkfs.")
} else := trim_left(trim_suffix(name, ".exe"), "!")

# Of several calls of one program the first has all the words of the others after it.
commanded(piece, anywhere) := {code |
	programs := [program(word) | some word in candidates(piece, anywhere)]
	some name in {name | some name in programs; has_rules(name)}
	first := min([i | some i, other in programs; other == name])
	some code in codes(name, array.slice(piece, first + 1, count(piece)))
}

has_rules(name) if _ = knowledge.commands[name]

has_rules(name) if name in removers

# The words at which a program may stand.
candidates(piece, true) := piece if {
	not harmless(piece)
} else := array.slice(piece, 0, 1)

candidates(piece, false) := piece if {
	wraps(piece)
} else := array.slice(piece, 0, 1)

wraps(piece) if program(piece[0]) in knowledge.wrappers

wraps(piece) if contains(piece[0], "=")

# Programs whose words are only looked for, printed or recorded.
harmless(piece) if program(piece[0]) in knowledge.harmless

harmless(piece) if {
	program(piece[0]) == "git"
	piece[1] in knowledge.harmless_git
}

codes(name, rest) := {code | some rule in rules; some code in applies(rule, rest)} | starred(name, rest) if {
	rules := object.get(knowledge.commands, name, [])
	is_array(rules)
} else := {"data_malformed"}

applies(rule, rest) := {rule.code | every need in rule.needs { met(need, rest) }} if {
	well_formed(rule)
} else := {"data_malformed"}

well_formed(rule) if {
	object.remove(rule, {"code", "needs"}) == {}
	is_string(rule.code)
	is_array(rule.needs)
	every need in rule.needs {
		is_array(need)
		every word in need { is_string(word) }
	}
}

met(need, rest) if {
	some pattern in need
	some word in rest
	matches(pattern, word)
}

matches(pattern, word) if lower(word) == pattern

matches(pattern, word) if {
	endswith(pattern, "*")
	startswith(lower(word), trim_suffix(pattern, "*"))
}

matches(pattern, word) if {
	startswith(pattern, "--")
	startswith(lower(word), concat("", [pattern, "="]))
}

matches(pattern, word) if pattern == word

# -f in -rf; the letter's case counts.
matches(pattern, word) if {
	count(pattern) == 2
	startswith(pattern, "-")
	pattern != "--"
	startswith(word, "-")
	not startswith(word, "--")
	contains(word, substring(pattern, 1, 1))
}

# -sXDELETE.
matches(pattern, word) if {
	startswith(pattern, "-*")
	startswith(word, "-")
	endswith(lower(word), substring(pattern, 2, -1))
}

starred(name, rest) := {"rm_many" |
	name in removers
	some word in rest
	contains(word, "*")
}

removers := {"rm", "del", "erase", "unlink", "srm"}

# A redirection onto a device.
written_over(list) := {"device_overwrite" |
	some i, ">" in list
	some device in knowledge.devices
	startswith(lower(target(list, i + 1)), device)
}

# After >, >>, >| and >&.
target(list, i) := words.at(list, i + 1) if {
	words.at(list, i) in {"|", ";", ">"}
} else := words.at(list, i)

# A shell that runs what another program writes, or a file's text. A here-document is part of the command and has been read.
piped(list, anywhere) := {"shell_piped" |
	concerned(list, anywhere)
	some i, mark in list
	mark in {"|", "<"}
	feeds(list, i, mark)
}

concerned(_, true)

concerned(list, false) if program(words.at(list, 0)) in knowledge.writers

concerned(list, false) if program(words.at(list, 0)) in knowledge.wrappers

feeds(list, i, "|") if runs_input(fed(list, i + 1))

# What stands behind a pipe: |& and | ( are pipes, too.
fed(list, i) := fed_at(list, i + 1) if {
	words.at(list, i) == ";"
} else := fed_at(list, i)

fed_at(list, i) := [word | some word in split(trim(split(split(rest, " | ")[0], " ;")[0], " "), " ")] if {
	rest := trim_left(concat(" ", array.slice(list, i, count(list))), "; ")
}

runs_input(command) if runs_text(command[0])

runs_input(command) if program(command[0]) in knowledge.readers

runs_input(command) if {
	program(command[0]) in knowledge.interpreters
	words.at(command, 1) in {"", "-", "/dev/stdin"}
}

runs_input(command) if {
	program(command[0]) in knowledge.wrappers
	some word in array.slice(command, 1, count(command))
	runs_text(word)
}

feeds(list, i, "<") if {
	words.at(list, i - 1) != "<"
	some near in [i - 1, i - 2]
	runs_text(words.at(list, near))
	not here_document(list, i)
}

here_document(list, i) if {
	words.at(list, i + 1) == "<"
	words.at(list, i + 2) != "<"
}

runs_text(word) if program(word) in knowledge.shells

obscured(pieces, text, true) := {"shell_obscured" | conceals(pieces, text)}

obscured(_, _, false) := set()

# Where the name of a command was computed, only its options are left.
conceals(pieces, text) if {
	computes(text)
	some piece in pieces
	some word in ["delete", "destroy", "-rf", "-fr", "-Rf", "-fR", "--recursive", "--no-preserve-root"]
	piece[0] == word
}

conceals(pieces, text) if {
	computes(text)
	some piece in pieces
	startswith(piece[0], "-")
	contains(lower(piece[0]), "r")
	some word in piece
	startswith(word, "-")
	contains(word, "f")
}

conceals(pieces, text) if {
	computes(text)
	some piece in pieces
	some word in piece
	program(word) in {"eval", "iex", "invoke-expression"}
}

# $'\x72\x6d' and its like.
conceals(_, text) if {
	contains(text, "$'")
	contains(text, `\`)
}

conceals(pieces, _) if {
	some piece in pieces
	some word in piece
	lower(word) in {"-encodedcommand", "-enc", "-ec", "-encoded"}
}

conceals(pieces, _) if {
	some piece in pieces
	some i, word in piece
	program(word) in {"powershell", "pwsh"}
	some option in array.slice(piece, i + 1, count(piece))
	count(option) > 1
	startswith("-encodedcommand", lower(option))
}

# iex (iwr x).
conceals(pieces, _) if {
	some piece in pieces
	program(piece[count(piece) - 1]) in {"iex", "invoke-expression"}
}

# A shell that reads what another program prints.
conceals(_, text) if regex.match(`(?:^|[\s;&|({])(?:source|\.)\s+["']?(?:<\(|/dev/(?:stdin|fd))`, text)

# Devices under names that nobody writes.
conceals(_, text) if {
	contains(text, "/dev/")
	regex.match(`/dev/(?:\.{0,2}/)|(?:^|[\s>|&=])/[./]*/dev/(?:sd|hd|nvme|vd|xvd|disk|rdisk|mmcblk|mapper|md|dm-|loop|mem)`, text)
}

conceals(_, text) if {
	hides_names(text)
	regex.match(computed_program, strings.replace_n({"'": "", `"`: "", `\`: ""}, unbroken(text)))
}

hides_names(text) if {
	some mark in ["$", "`", "?", "*", "[", "{"]
	contains(text, mark)
}

# The name of a program that an expansion, a pattern or braces make, with an option that has an r; or what a program prints, run.
computed_program := concat("", [
	`(?:^|[\n;&|(){]|`, "`", `)\s*(?:[A-Za-z_]\w*=[^\s;&|$`, "`", `]*\s+)*`,
	`(?:(?:sudo|doas|env|nohup|time|exec|command|builtin|xargs|nice|ionice|setsid|stdbuf|timeout|busybox|toybox|then|do|else|if|while|until|!)\s+`,
	`(?:-\S+\s+|\d\S*\s+|[A-Za-z_]\w*=\S*\s+)*)*`,
	`(?:(?:\S*/)?(?:sh|[a-z]{1,3}sh)\s(?:[^;&|\n]*\s)?-[a-z]*c\s+(?:\$[\w({]|`, "`", `)|`,
	`(?:\$\(|`, "`", `)\s*(?:base64|cat|curl|echo|gunzip|openssl|printf|wget|xxd|zcat)\s|`,
	`(?:[^\s;&|<>()=$`, "`", `?*\[{-][^\s;&|<>()=$`, "`", `?*\[{]*)?(?:\$\([^)]*\)|`, "`[^`]*`", `|\$\{[^}]*\}|\$\w|[?*]|\[[^\]\s]+\]|\{[^}\s]*\})[^\s;&|]*`,
	`\s(?:[^;&|\n]*\s)?(?:-[A-Za-z]*[rR]|--r))`,
])

computes(text) if contains(text, "$")

computes(text) if contains(text, "`")

# SQL in a command that calls a database's client.
databases(pieces, text, anywhere) := sql.embedded(text) if {
	some piece in pieces
	some word in candidates(piece, anywhere)
	program(word) in knowledge.database_clients
} else := set()
