# METADATA
# title: The decision over every control
package exequatur

decision := {"permit": permit, "controls": states, "reasons": [], "obligations": []}

default permit := false

permit if {
	count(states) > 0
	every state in states { state in {"pass", "not_applicable"} }
}

states[name] := state(control) if some name, control in data.exequatur.controls

state(control) := "pass" if {
	control.pass == true
} else := "not_applicable" if {
	control.skip == true
} else := "fail"
