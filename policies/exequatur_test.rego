package exequatur_test

import data.exequatur
import data.exequatur_test.fixture

granting := {"pass": true, "grants": {{"role": "r"}}}

test_permit_needs_a_grant_and_every_control if {
	exequatur.decision == {
		"permit": true,
		"controls": {"a": "pass", "b": "pass", "c": "not_applicable"},
		"reasons": set(),
		"obligations": set(),
	} with data.exequatur.controls as {"a": granting, "b": {"pass": true}, "c": {"skip": true}}
}

test_without_a_grant_no_permit if {
	every controls in [{}, {"a": {"pass": true}}, {"a": {"pass": true, "grants": set()}}, {"a": {"skip": true}}] {
		exequatur.decision.permit == false with data.exequatur.controls as controls
	}
}

test_whatever_is_not_true_has_failed if {
	every broken in [{}, {"pass": false}, {"pass": "true"}, {"pass": 1}, {"skip": "true"}, {"skip": false}, {"pass": null}] {
		controls := {"a": granting, "b": broken}
		exequatur.decision.controls.b == "fail" with data.exequatur.controls as controls
		exequatur.decision.permit == false with data.exequatur.controls as controls
	}
}

test_a_failure_without_a_reason_is_named if {
	exequatur.decision.reasons == {{"control": "b", "code": "b.failed", "message": "The control b failed."}} with data.exequatur.controls as {"a": granting, "b": {}}
}

test_reasons_of_the_failed_alone if {
	why := {{"code": "x.y", "message": "Why."}}
	said := {"a": object.union(granting, {"reasons": why}), "b": {"reasons": why}, "c": {"skip": true, "reasons": why}}
	exequatur.decision.reasons == {{"control": "b", "code": "x.y", "message": "Why."}} with data.exequatur.controls as said
}

test_notes_and_obligations_of_the_passed_alone if {
	noted := {"notes": {{"code": "x.y", "message": "Noted."}}, "obligations": {{"id": "1", "type": "t", "properties": {}}}}
	both := {"a": object.union(granting, noted), "b": object.union({"pass": true, "skip": true}, noted), "c": noted, "d": object.union({"skip": true}, noted)}
	exequatur.decision.controls == {"a": "pass", "b": "pass", "c": "fail", "d": "not_applicable"} with data.exequatur.controls as both
	{reason.control | some reason in exequatur.decision.reasons} == {"a", "b", "c"} with data.exequatur.controls as both
	exequatur.decision.obligations == {{"id": "1", "type": "t", "properties": {}}} with data.exequatur.controls as both
	exequatur.decision.obligations == set() with data.exequatur.controls as {"c": noted, "d": object.union({"skip": true}, noted)}
}

# The controls that are here, and none of them by name: a test must not have to know the next one.
test_an_empty_input_fails_every_control if {
	answer := exequatur.decision with input as {}
	answer.permit == false
	count(answer.controls) > 0
	every _, state in answer.controls { state == "fail" }
	{reason.control | some reason in answer.reasons} == object.keys(answer.controls)
}

test_a_call_as_data_has_it if {
	answer := exequatur.decision with input as fixture.call
		with data.access as {"roles": {"r": {"grants": {"files": {"read": {}}}}}, "bindings": {"https://idp.example": {"alice": ["r"]}}}
		with data.plan as {"required": {"roles": [], "tools": [], "environments": {"development": []}}}
		with data.window as {"environments": {"development": {"restricts": []}}}
	answer.controls.access == "pass"
	answer.controls.plan == "not_applicable"
	answer.controls.window == "not_applicable"
	answer.controls.signature == "pass"
	answer.controls.drift == "pass"
}
