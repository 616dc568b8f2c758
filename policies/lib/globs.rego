# METADATA
# title: Names and globs
# description: |
#   Compares a name with what an operator wrote: the name itself, or a glob (`*` any run of characters, `?` one, `[a-z]`, `{a,b}`;
#   a slash is a character like any other). Compiling a glob costs twenty times what a comparison does, so everything that can be
#   decided by its literal ends is.
package exequatur.lib.globs

# METADATA
# description: True or false; undefined, which is neither, when the glob is broken or either is no text.
test(pattern, name) := answer if {
	is_string(pattern)
	is_string(name)
	answer := compare(pattern, name)
}

compare(pattern, name) if {
	pattern == name
} else if {
	pattern == "*"
} else := false if {
	not contains(pattern, "*")
	not special(pattern)
} else := answer if {
	not special(pattern)
	parts := split(pattern, "*")
	count(parts) == 2
	answer := ends(parts[0], parts[1], name)
} else := false if {
	not special(pattern)
	parts := split(pattern, "*")
	ends(parts[0], parts[count(parts) - 1], name) == false
} else := glob.match(pattern, null, name)

special(pattern) if contains(pattern, "?")

special(pattern) if contains(pattern, "[")

special(pattern) if contains(pattern, "{")

special(pattern) if contains(pattern, `\`)

# Whether a name has a glob's first and last literal parts, without overlap.
ends(first, last, name) if {
	startswith(name, first)
	endswith(name, last)
	count(name) >= count(first) + count(last)
} else := false
