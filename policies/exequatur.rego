# METADATA
# title: The decision over every control
# description: |
#   Asks each control and says what it answered. A control is a file controls/NAME.rego, package exequatur.controls.NAME, with
#   `pass` and, where it has them, `skip`, `reasons`, `notes`, `grants` and `obligations`: adding a file adds a control.
#   Whatever is undefined has failed. A permit needs a grant, and every control passed or skipped; the engine computes it again
#   and holds the answer against its own list of controls.
package exequatur

# METADATA
# title: The answer to one request
# entrypoint: true
decision := {
	"permit": permit,
	"controls": states,
	"reasons": reasons,
	"obligations": obligations,
}

default permit := false

permit if {
	count(states) > 0
	count(failed) == 0
	asked[_].grants[_]
}

# Asked once; what follows looks their answers up.
asked := data.exequatur.controls

states[name] := state(control) if some name, control in asked

# A control that both passes and skips was asked, and passed.
state(control) := "pass" if {
	control.pass == true
} else := "not_applicable" if {
	control.skip == true
} else := "fail"

failed := [name | some name, "fail" in states]

# Why a control failed.
reasons contains reason(name, why) if {
	some name in failed
	some why in asked[name].reasons
}

reasons contains reason(name, silence) if {
	some name in failed
	not explained(name)
	silence := {"code": concat(".", [name, "failed"]), "message": concat(" ", ["The control", name, "failed."])}
}

# What a control that passed wants to have on record, such as an emergency.
reasons contains reason(name, note) if {
	some note in asked[name].notes
	states[name] == "pass"
}

reason(name, why) := {"control": name, "code": why.code, "message": why.message}

explained(name) if asked[name].reasons[_]

obligations contains obligation if {
	some obligation in asked[name].obligations
	states[name] == "pass"
}
