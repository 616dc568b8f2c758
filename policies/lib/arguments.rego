# METADATA
# title: Constraints on a call's arguments
# description: |
#   Constraints are keyed by JSON Pointers (RFC 6901) through objects; a pointer into an array never holds. Each has one or more of
#   `equals` (any value), `one_of` (a list), `range` (`min` and `max`, inclusive, of a number), `pattern` (RE2, the whole text) and
#   `absent: true`; all of them must hold. An argument that is missing fails every one but `absent`; an operator that nobody knows
#   never holds.
package exequatur.lib.arguments

# METADATA
# description: Whether the arguments of the call satisfy every constraint. Without arguments none does, not even `absent`.
satisfy(constraints) if {
	is_object(constraints)
	is_object(input.action.properties.arguments)
	every pointer, constraint in constraints { holds(pointer, constraint) }
}

# METADATA
# description: The pointers whose constraint does not hold.
unsatisfied(constraints) := {pointer | some pointer, constraint in constraints; not holds(pointer, constraint)}

holds(pointer, constraint) if {
	is_object(constraint)
	count(constraint) > 0

	# No JSON value is a set, so an empty one can stand for what is not there.
	value := object.get(input.action.properties.arguments, path(pointer), set())
	every operator, operand in constraint { accepts(operator, operand, value) }
}

accepts("absent", true, value) if value == set()

accepts("equals", operand, value) if value == operand

accepts("one_of", operand, value) if {
	is_array(operand)
	value in operand
}

accepts("range", operand, value) if {
	is_number(value)
	object.remove(operand, {"min", "max"}) == {}
	count(operand) > 0
	every bound in operand { is_number(bound) }
	object.get(operand, "min", value) <= value
	object.get(operand, "max", value) >= value
}

accepts("pattern", operand, value) if {
	is_string(operand)
	is_string(value)
	self_contained(operand)
	regex.match(concat("", ["^(?:", operand, ")$"]), value)
}

# `a)|(b` is no pattern, and would become one between the anchors. Where no group opens after one was closed, that cannot be;
# elsewhere the pattern is compiled by itself as well.
self_contained(operand) if {
	not reopens(operand)
} else := regex.is_valid(operand)

reopens(operand) if {
	contains(operand, ")")
	contains(substring(operand, indexof(operand, ")"), -1), "(")
}

path(pointer) := parts if {
	startswith(pointer, "/")
	not contains(pointer, "~")
	parts := split(substring(pointer, 1, -1), "/")
	named(parts)
} else := [replace(replace(part, "~1", "/"), "~0", "~") | some part in parts] if {
	startswith(pointer, "/")
	not contains(replace(replace(pointer, "~0", ""), "~1", ""), "~")
	parts := split(substring(pointer, 1, -1), "/")
	named(parts)
}

# Digits would be an index into an array, where there is one.
named(parts) if {
	every part in parts { trim(part, "0123456789") != "" }
}
