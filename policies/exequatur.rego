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
	granted
	every state in states { state in {"pass", "not_applicable"} }
}

granted if data.exequatur.controls[_].grants[_]

states[name] := state(control) if some name, control in data.exequatur.controls

# A control that would both skip and pass has been asked, and passed: what it notes and obliges to is kept.
state(control) := "pass" if {
	control.pass == true
} else := "not_applicable" if {
	control.skip == true
} else := "fail"

# Why a control failed.
reasons contains reason(name, why) if {
	some name, "fail" in states
	some why in data.exequatur.controls[name].reasons
}

reasons contains reason(name, silence) if {
	some name, "fail" in states
	not explained(name)
	silence := {"code": concat(".", [name, "failed"]), "message": concat(" ", ["The control", name, "failed."])}
}

# What a control that passed wants to have on record, such as an emergency.
reasons contains reason(name, note) if {
	some name, "pass" in states
	some note in data.exequatur.controls[name].notes
}

reason(name, why) := {"control": name, "code": why.code, "message": why.message}

explained(name) if data.exequatur.controls[name].reasons[_]

obligations contains obligation if {
	some name, "pass" in states
	some obligation in data.exequatur.controls[name].obligations
}
