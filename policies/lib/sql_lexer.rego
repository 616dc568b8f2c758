# METADATA
# title: SQL, read as each product reads it
# description: |
#   Products disagree about what is a comment or a string: nested comments, backslashes, backticks, brackets, `#`, dollar quoting. A
#   text can be written so that one sees a string where another sees a statement. So a text has several readings, and whoever asks
#   what it does has to look at all of them. A reading has comments removed, strings and quoted names emptied (a quoted name of
#   one word is kept, in its quotes) and its words spaced. All texts are lower-case.
package exequatur.lib.sql_lexer

import data.exequatur.lib.words

# METADATA
# description: Every reading of a text, as a set; undefined when one of them failed.
readings(text) := {words.spaced(text)} if {
	not quoted(text)
} else := {read(agreed, text)} if {
	not disputed(text)
} else := {code | some code in codes} if {
	lexers := array.concat([standard, mysql, transact, lite, warehouse], tagged(text))
	codes := [read(lexer, text) | some lexer in lexers]
	count(codes) == count(lexers)
}

# METADATA
# description: |
#   A text with everything taken for code that strings and comments hold; strings that are put together, by operators or by a function
#   such as CONCAT, are joined in one of the readings.
exposed(text) := {words.spaced(strings.replace_n(marks, joined)) |
	some joined in [text, tied(text, `(?s)'\s*(?:\|\||\+)\s*'|(.)`), tied(text, `(?s)'\s*,\s*'|(.)`)]
}

tied(text, pattern) := concat("", [match[1] | some match in regex.find_all_string_submatch_n(pattern, text, -1)])

# METADATA
# description: The tags of PostgreSQL's dollar quoting, $tag$ … $tag$, without $$.
tags(text) := {match[1] | some match in regex.find_all_string_submatch_n(`\$([a-z_\x80-\x{10ffff}][a-z_0-9\x80-\x{10ffff}]*)\$`, text, -1)}

marks := {"'": " ", `"`: " ", "`": " ", "$": " ; ", "/*": " ", "*/": " ", "--": " ", `\`: " ", "#": " "}

quoted(text) if {
	some mark in ["'", `"`, "--", "/*", "`", "#", "["]
	contains(text, mark)
}

quoted(text) if dollars(text)

# With none of these, every product reads alike.
disputed(text) if {
	some mark in [`\`, "--", "/*", "`", "#", "[", "q'"]
	contains(text, mark)
}

disputed(text) if dollars(text)

dollars(text) if contains(text, "$$")

dollars(text) if tags(text) != set()

read(lexer, text) := words.spaced(concat("", [token(match) | some match in regex.find_all_string_submatch_n(lexer, text, -1)]))

# A match is a token: group 1 a quoted name of one word, 2 a string of nothing but %, 3 another string, 4 another quoted name, 5 code;
# with none of them it was a comment.
token(match) := match[5] if {
	match[5] != ""
} else := concat("", [` "`, match[1], `" `]) if {
	match[1] != ""
} else := ` 'any' ` if {
	match[2] != ""
} else := ` '' ` if {
	match[3] != ""
} else := ` "" ` if {
	match[4] != ""
} else := " "

code := `([a-z0-9_.]+|.)`

plain := `(?:n|b|x|u&)?'(?:[^']|'')*'`

escaped := `[a-z]{0,2}'(?:\\.|''|[^'\\])*'`

# Three levels; of deeper ones `deep` knows.
nested := concat("", [
	`/\*(?:[^*/]|\*+[^*/]|/+[^*/]|/\*(?:[^*/]|\*+[^*/]|/+[^*/]|`,
	`/\*(?:[^*]|\*+[^*/])*\*+/`,
	`)*\*+/)*\*+/`,
])

# METADATA
# description: Whether comments are nested deeper than the readings follow.
deep(text) if {
	count(split(text, "/*")) > 4
	regex.match(`(?s)/\*.*\*/`, stripped(stripped(stripped(text))))
}

# Without its innermost comments.
stripped(text) := concat("", [replacement(match) |
	some match in regex.find_all_string_submatch_n(`/\*(?:[^*/]|\*+[^*/]|/+[^*/])*\*+/|([^/]+|/)`, text, -1)
])

replacement(match) := match[1] if {
	match[1] != ""
} else := " "

# What all products agree upon.
agreed := concat("", [`(?s)"([a-z0-9_]+)"|((?:[nbxe]|u&)?'%+')|((?:[nbxe]|u&)?'[^']*')|("[^"]*")|`, code])

# PostgreSQL.
standard := concat("", [
	`(?s)"([a-z0-9_]+)"|((?:[nbxe]|u&)?'%+')|(e'(?:\\.|''|[^'\\])*'|`, plain, `)|("(?:[^"]|"")*")|--[^\r\n]*|`, nested, `|\$\$.*?\$\$|`, code,
])

# MySQL and MariaDB, whose /*! … */ is code.
mysql := concat("", [
	"(?s)[`\"]([a-z0-9_]+)[`\"]|((?:[nbxe]|u&)?'%+')|(", escaped, `)|("(?:\\.|""|[^"\\])*"|`, "`(?:[^`]|``)*`)",
	`|--(?:[ \t\r][^\n]*|\n|$)|#[^\n]*|/\*m?!\d*|/\*.*?\*/|\*/|`, code,
])

# SQL Server and Sybase.
transact := concat("", [
	`(?s)"([a-z0-9_]+)"|((?:[nbxe]|u&)?'%+')|(`, plain, `)|("(?:[^"]|"")*"|\[(?:[^\]]|\]\])*\])|--[^\n]*|`, nested, `|`, code,
])

# SQLite and Oracle.
lite := concat("", [
	`(?s)"([a-z0-9_]+)"|((?:[nbxe]|u&)?'%+')|(n?q'(?:\[.*?\]|\{.*?\}|\(.*?\)|<.*?>|!.*?!|\|.*?\||#.*?#|~.*?~|\^.*?\^|".*?"|@.*?@|/.*?/)'|`, plain,
	`)|("(?:[^"]|"")*"|\[[^\]]*\]|`, "`(?:[^`]|``)*`", `)|--[^\n]*|/\*.*?\*/|`, code,
])

# BigQuery, Snowflake, Spark, ClickHouse.
warehouse := concat("", [
	"(?s)[`\"]([a-z0-9_]+)[`\"]|((?:[nbxe]|u&)?'%+')|(", `'''(?:\\.|[^\\])*?'''|"""(?:\\.|[^\\])*?"""|`, escaped, `)|("(?:\\.|""|[^"\\])*"|`, "`[^`]*`)",
	`|--[^\n]*|//[^\n]*|#[^\n]*|/\*.*?\*/|\$\$.*?\$\$|`, code,
])

# A pattern has no back references, so each tag of the text becomes an alternative of its own.
tagged(text) := [] if {
	tags(text) == set()
} else := [concat("", [`(?s)`, bodies, `|`, substring(standard, 4, -1)])] if {
	bodies := concat("|", {concat("", [`\$`, tag, `\$.*?\$`, tag, `\$`]) | some tag in tags(text)})
}
