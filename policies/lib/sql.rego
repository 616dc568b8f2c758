# METADATA
# title: What SQL would destroy
# description: |
#   Names the destructive operations of a text that is SQL, as a set of codes: sql_drop, sql_alter_drop, sql_truncate, sql_delete_all,
#   sql_update_all, sql_merge_delete, sql_overwrite, sql_dynamic, sql_shell. What any product would see in it counts.
package exequatur.lib.sql

import data.exequatur.lib.sql_lexer
import data.exequatur.lib.words

# METADATA
# description: |
#   The operations of a text that is SQL; undefined when that cannot be told. Strings are no statements, unless the text runs strings
#   (EXECUTE, PREPARE, DO, dollar quoting …).
operations(text) := union({stated, run_from_strings(lowered, codes), unreadable(lowered)}) if {
	lowered := lower(text)
	codes := sql_lexer.readings(lowered)
	sets := [statements(code) | some code in codes]
	count(sets) == count(codes)
	stated := union({set | some set in sets})
}

# METADATA
# description: The operations of SQL that stands somewhere in another text, such as a shell command that calls psql.
embedded(text) := exposed(lower(text))

# METADATA
# description: |
#   Whether a text of unknown kind begins as SQL does, at its start or after a semicolon; undefined when that cannot be told. Prose
#   that mentions `drop table` does not begin so.
resembles(text) := count(beginnings) > 0 if {
	readings := sql_lexer.readings(lower(text))
	beginnings := {piece |
		some code in readings
		some piece in split(code, ";")
		begins(words.of(piece))
	}
}

begins(list) if {
	list[0] in {"drop", "alter"}
	list[1] in object_types
}

begins(list) if {
	list[0] == "truncate"
	list[1] in {"table", "only"}
}

begins(list) if {
	list[0] == "truncate"
	count(list) == 2
}

begins(list) if {
	list[0] == "delete"
	some word in ["from", "where"]
	word in list
}

begins(list) if {
	list[0] == "update"
	"set" in array.slice(list, 0, 7)
}

begins(list) if list[0] in {
	"begin", "call", "copy", "create", "declare", "do", "exec", "execute", "explain", "grant", "if", "insert", "merge", "prepare",
	"replace", "select", "set", "use", "values", "with", "(",
}

object_types := {
	"aggregate", "cast", "catalog", "collation", "column", "constraint", "conversion", "database", "domain", "event", "extension",
	"external", "foreign", "function", "global", "group", "if", "index", "keyspace", "language", "login", "materialized", "operator",
	"owned", "package", "partition", "policy", "procedure", "publication", "role", "routine", "rule", "schema", "sequence", "server",
	"statistics", "subscription", "synonym", "system", "table", "tables", "tablespace", "temporary", "text", "topic", "transform",
	"trigger", "type", "user", "view", "warehouse",
}

exposed(text) := union({set | some set in sets}) if {
	codes := sql_lexer.exposed(text)
	sets := [statements(code) | some code in codes]
	count(sets) == count(codes)
}

# Code that runs strings: its strings are statements too.
run_from_strings(text, codes) := union({exposed(text), assembled(codes), escaped(text)}) if {
	runs_strings(text, codes)
} else := set()

runs_strings(_, codes) if {
	some code in codes
	some word in words.of(code)
	runner(word)
}

runs_strings(text, _) if contains(text, "$$")

runs_strings(text, _) if sql_lexer.tags(text) != set()

runs_strings(text, _) if contains(text, `\gexec`)

# Bodies in single quotes: CREATE FUNCTION f() … AS 'delete …'.
runs_strings(_, codes) if {
	some code in codes
	some piece in split(code, ";")
	list := words.of(piece)
	some i, "create" in list
	some word in array.slice(list, i + 1, i + 6)
	word in {"function", "procedure", "proc", "event"}
}

runner(word) if bare(word) in {
	"exec", "execute", "prepare", "do", "openquery", "openrowset", "xpath_table", "connectby", "ts_stat", "ts_rewrite", "dbms_sql.parse",
	"sql.parse", "parse", "exec_ddl_statement", "xp_execresultset", "sp_msforeachtable", "sp_msforeachdb", "schedule", "schedule_in_database",
	"alter_job", "run_command",
}

runner(word) if {
	some beginning in [
		"sp_execute", "dblink", "query_to_xml", "cursor_to_xml", "table_to_xml", "crosstab", "run_command_on_", "plpgsql_", "pgexec",
	]
	startswith(bare(word), beginning)
}

# Without the schema: pg_catalog.query_to_xml, sys.sp_executesql.
bare(word) := parts[count(parts) - 1] if parts := split(word, ".")

# Statements put together while they run cannot be read.
assembled(codes) := {"sql_dynamic" |
	some code in codes
	list := words.of(code)
	some word in list
	word != "do"
	runner(word)
	some piece in list
	piece in {
		"|", "+", "chr", "char", "nchar", "concat", "concat_ws", "decode", "unhex", "from_base64", "convert_from", "convert", "replace",
		"reverse", "translate", "overlay", "string_agg", "group_concat", "array_to_string", "format", "lower", "upper", "left", "right",
		"substring", "substr", "repeat", "stuff",
	}
}

# More tags, or comments in more comments, than the lexer follows.
unreadable(text) := {"sql_dynamic"} if {
	count(sql_lexer.tags(text)) > 4
} else := {"sql_dynamic"} if {
	sql_lexer.deep(text)
} else := set()

# Strings that are run and do not say what they hold: with escapes, continued by another string, or with comments inside.
escaped(text) := {"sql_dynamic"} if {
	regex.match(`(?s)u&'|'[^']*\\[^']*'|'(?:[\s\x0b]|--[^\n\r]*[\n\r]|/\*.*?\*/)+'|'[^']*(?:--|/\*)[^']*'`, text)
} else := set()

# The operations of one reading.
statements(code) := found if {
	list := words.of(code)
	pieces := rows(list)
	count(pieces) > 0
	found := union({
		{operation | some i, word in list; operation := spoken(list, i, word)},
		{"sql_alter_drop" | some piece in split(code, ";"); alters(words.of(piece))},
		{"sql_drop" | some piece in split(code, ";"); drops(words.of(piece))},
		{"sql_overwrite" | some phrase in overwriting; contains(code, phrase)},
		{operation | some piece in pieces; operation := unrestricted(piece, list)},
	})
}

overwriting := [
	"or replace table", "or replace transient table", "or replace external table", "or replace database", "or replace schema",
	"or replace temporary table", "or replace dynamic table", "insert overwrite",
]

spoken(list, i, "truncate") := "sql_truncate" if {
	not words.at(list, i + 1) in {"(", "", ")", "="}
	not mentioned(list, i)
}

spoken(list, i, "program") := "sql_shell" if words.at(list, i - 1) in {"to", "from"}

spoken(_, _, word) := "sql_shell" if bare(word) in {"lo_import", "lo_export", "pg_file_write", "pg_file_unlink", "pg_file_rename"}

spoken(_, _, word) := "sql_drop" if bare(word) in {"lo_unlink", "vacuumlo"}

spoken(_, _, word) := "sql_shell" if word in {"xp_cmdshell", "master..xp_cmdshell", "sys_exec", "sys_eval", "dbms_scheduler.create_job"}

alters(list) if {
	some i, "drop" in list
	not mentioned(list, i)
	"alter" in array.slice(list, 0, i)
}

drops(list) if {
	some i, "drop" in list
	not mentioned(list, i)
	not "alter" in array.slice(list, 0, i)
}

# The word names a privilege, an event or a reaction, and does nothing: GRANT DELETE ON, AFTER DELETE OR UPDATE, ON DELETE CASCADE,
# ON COMMIT DELETE ROWS. The word after it shows that, for what a statement acts upon cannot be called so.
mentioned(list, i) if {
	words.at(list, i - 1) in {"on", "after", "before", "of", "or", ",", "grant", "revoke", "for"}
	words.at(list, i + 1) in {"on", "or", ",", "to", "using", "cascade", "restrict", "set", "no", "as"}
}

mentioned(list, i) if {
	words.at(list, i - 2) == "on"
	words.at(list, i - 1) == "commit"
	words.at(list, i + 1) in {"rows", "", ";", ")", "as"}
}

# Every statement without parentheses, as words: what stood in parentheses is a statement of its own, and in its place stands 1 when it
# was a constant, a name otherwise. Each statement begins with its verb, for some products need no semicolon.
rows(list) := [words.of(piece) | some text in array.concat(groups, [rest]); some piece in split(text, ";")] if {
	t0 := concat(" ", [marked(list, i, word) | some i, word in list])
	t1 := folded(t0)
	t2 := folded(t1)
	t3 := folded(t2)
	t4 := folded(t3)
	t5 := folded(t4)
	t6 := folded(t5)
	groups := [group | some text in [t0, t1, t2, t3, t4, t5]; some group in innermost(text)]
	rest := replace(replace(t6, "(", ";"), ")", ";")
}

marked(list, i, word) := concat(" ", [";", word]) if {
	word in {"select", "insert", "update", "merge", "create", "alter", "truncate", "drop", "exec", "execute"}
} else := "; delete" if {
	word == "delete"
	not mentioned(list, i)
} else := word

innermost(text) := [substring(part, 0, indexof(part, ")")) |
	some part in array.slice(split(text, "("), 1, 100000)
	contains(part, ")")
]

folded(text) := text if {
	not contains(text, "(")
} else := concat("", array.concat([parts[0]], [closed(part) | some part in array.slice(parts, 1, count(parts))])) if {
	parts := split(text, "(")
}

closed(part) := concat(" ", [placeholder(substring(part, 0, at)), substring(part, at + 1, -1)]) if {
	at := indexof(part, ")")
	at >= 0
} else := concat("", ["(", part])

placeholder(content) := `""` if {
	every operand in operands(content) { narrows(operand) }
} else := "1"

# DELETE and UPDATE that nothing restricts.
unrestricted(piece, list) := "sql_merge_delete" if {
	piece[0] == "delete"
	"merge" in list
	words.at(piece, 1) in {"", "when", "output", "returning"}
} else := "sql_delete_all" if {
	piece[0] == "delete"
	not restricted(piece)
} else := "sql_update_all" if {
	piece[0] == "update"
	not words.at(piece, 1) in {"set", "on", "of"}
	"set" in piece
	not restricted(piece)
}

restricted(piece) if {
	text := concat(" ", piece)
	at := indexof(text, " where ")
	at >= 0
	every operand in operands(condition(substring(text, at + 7, -1))) { narrows(operand) }
}

condition(text) := split(split(split(split(text, " returning ")[0], " order by ")[0], " limit ")[0], " option ")[0]

operands(text) := split(strings.replace_n({" | | ": " or ", " xor ": " or ", " & & ": " and "}, concat("", [" ", text, " "])), " or ")

narrows(operand) if {
	some conjunct in split(operand, " and ")
	list := words.of(conjunct)
	some i, word in list
	column(word)
	not constant_there(list, i, word)
	not same_sides(list)
	not like_anything(list)
}

# A name that is not one of the language's: its value may differ from row to row.
column(word) if {
	substring(word, 0, 1) in initials
	not word in constants
}

# A quoted name, unless it is a number, which MySQL would take for a value.
column(word) if {
	startswith(word, `"`)
	not substring(word, 1, 1) in {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}
}

initials := {
	"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t", "u", "v", "w", "x", "y", "z",
	"_",
}

constants := {
	"abs", "all", "and", "any", "array", "as", "asc", "at", "between", "bigint", "binary", "bool", "boolean", "bytea", "case", "cast",
	"ceil", "char", "character", "coalesce", "collate", "concat", "current_catalog", "current_date", "current_path", "current_role",
	"current_schema", "current_time", "current_timestamp", "current_timezone", "current_user", "date", "dbtimezone", "decimal",
	"default", "desc", "distinct", "div", "double", "dual", "else", "end", "escape", "exists", "false", "float", "float4", "float8",
	"floor", "from", "getdate", "greatest", "if", "ifnull", "iif", "ilike", "in", "int", "int2", "int4", "int8", "integer",
	"interval", "is", "isnull", "least", "length", "like", "local", "localtime", "localtimestamp", "lower", "maxvalue", "minvalue",
	"mod", "nchar", "not", "notnull", "now", "null", "nullif", "numeric", "nvarchar", "nvl", "or", "pg_sleep", "pi", "pow", "power",
	"precision", "rand", "random", "real", "regexp", "rlike", "round", "select", "session_user", "sessiontimezone", "sign", "similar",
	"sleep", "smallint", "some", "sqrt", "sysdate", "sysdatetime", "system_user", "systimestamp", "text", "then", "time", "timestamp",
	"tinyint", "to", "trim", "true", "union", "unknown", "upper", "user", "utc_date", "utc_time", "utc_timestamp", "values",
	"varchar", "varying", "version", "when", "where", "with", "without", "xor", "zone",
}

# What is a type, a function, a unit or a parameter there, by what stands beside it: 1::int4, int4 '1', e'1', f(1) (whose parentheses have
# become 1), interval '1' day, cast(1 as int4), :x, 'x' collate "c", extract(epoch from …).
constant_there(list, i, word) if {
	not startswith(word, `"`)
	literal(words.at(list, i + 1))
}

constant_there(list, i, _) if literal(words.at(list, i - 1))

constant_there(list, i, _) if words.at(list, i - 1) in {":", "as", "collate"}

constant_there(list, i, word) if {
	word in {"epoch", "century", "decade", "year", "quarter", "month", "week", "day", "dow", "doy", "hour", "minute", "second"}
	words.at(list, i + 1) == "from"
}

literal(word) if substring(word, 0, 1) in {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "'"}

same_sides(list) if {
	count(list) > 2
	list[0] == list[count(list) - 1]
	every word in array.slice(list, 1, count(list) - 1) { word in {"=", "<", ">", "is", "like", "ilike", "in"} }
}

same_sides(list) if {
	some i, sign in list
	sign in {"=", "like", "ilike"}
	left := array.slice(list, 0, i)
	array.slice(list, i + 1, count(list)) in [left, array.slice(left, 0, count(left) - 1)]
	count(left) > 0
}

like_anything(list) if {
	list[count(list) - 1] == "'any'"
	list[count(list) - 2] in {"like", "ilike"}
	not list[count(list) - 3] == "not"
}
