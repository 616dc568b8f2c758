# METADATA
# title: Environments in operators' data
# description: |
#   The names in a map keyed by environment that apply to the call: the call's environment where the map has it, and otherwise all of
#   them, since an environment that nobody described counts as the strictest. Undefined when there is none, or no environment fact.
package exequatur.lib.environments

applying(configured) := [input.facts.environment] if {
	known(configured)
} else := [name | some name, _ in configured] if {
	is_string(input.facts.environment)
	is_object(configured)
	count(configured) > 0
}

# METADATA
# description: Whether the environment of the call is one that the map describes. `unknown` never is.
known(configured) if {
	is_object(configured)
	is_string(input.facts.environment)
	input.facts.environment != "unknown"
	_ = configured[input.facts.environment]
}
