package exequatur_test.drift

import data.exequatur.controls.drift
import data.exequatur_test.fixture

tolerated := {"dangerously_tolerate_unobserved": [{"server": "files", "tool": "*", "description": "Not observed yet."}]}

test_unchanged if {
	drift.pass with input as fixture.call with data.drift as {}
	drift.reasons == set() with input as fixture.call with data.drift as {}
}

test_changed_is_never_tolerated if {
	call := fixture.with_facts({"tool": {"drift": "changed"}})
	not drift.pass with input as call with data.drift as tolerated
	fixture.codes(drift.reasons) == {"drift.changed"} with input as call with data.drift as tolerated
}

test_unobserved_only_where_data_says_so if {
	call := fixture.with_facts({"tool": {"drift": "unobserved"}})
	drift.pass with input as call with data.drift as tolerated
	every other in [{}, {"dangerously_tolerate_unobserved": []}, {"dangerously_tolerate_unobserved": [{"server": "git", "tool": "*"}]}] {
		not drift.pass with input as call with data.drift as other
		fixture.codes(drift.reasons) == {"drift.unobserved"} with input as call with data.drift as other
	}
}

test_malformed_tolerations_tolerate_nothing if {
	call := fixture.with_facts({"tool": {"drift": "unobserved"}})
	every broken in [null, true, "*", [true], ["*"], [{}], [{"server": "*"}], [{"server": "*", "tool": "*", "tols": 1}], [{"server": true, "tool": true}]] {
		not drift.pass with input as call with data.drift as {"dangerously_tolerate_unobserved": broken}
	}
}

test_broken_facts if {
	every value in ["None", "", true, null, 1, ["none"]] {
		not drift.pass with input as fixture.with_facts({"tool": {"drift": value}}) with data.drift as tolerated
	}
	every value in ["true", 1, false, null] {
		not drift.pass with input as fixture.with_facts({"tool": {"known": value}}) with data.drift as tolerated
	}
	not drift.pass with input as {} with data.drift as tolerated
}

test_unknown_tool if {
	not drift.pass with input as fixture.unknown_tool with data.drift as tolerated
	fixture.codes(drift.reasons) == {"drift.unknown_tool"} with input as fixture.unknown_tool with data.drift as tolerated
}
