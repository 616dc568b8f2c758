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

test_another_server_is_never_tolerated if {
	every facts in [{"drift": "none"}, {"drift": "unobserved"}] {
		call := fixture.with_facts({"tool": object.union(facts, {"server_identity": "mismatched"})})
		not drift.pass with input as call with data.drift as tolerated
		"drift.another_server" in fixture.codes(drift.reasons) with input as call with data.drift as tolerated
	}
	only := fixture.with_facts({"tool": {"server_identity": "mismatched"}})
	fixture.codes(drift.reasons) == {"drift.another_server"} with input as only with data.drift as {}
}

required := {"require_matched_identity": [{"server": "files", "tool": "re*", "description": "Others have the same tools."}]}

test_an_unobserved_server_passes_unless_data_requires_it if {
	asserted := fixture.with_facts({"tool": {"server_identity": "asserted"}})
	every data_drift in [{}, tolerated, {"require_matched_identity": []}, {"require_matched_identity": [{"server": "git", "tool": "*"}]}] {
		drift.pass with input as asserted with data.drift as data_drift
		drift.reasons == set() with input as asserted with data.drift as data_drift
	}
	not drift.pass with input as asserted with data.drift as required
	fixture.codes(drift.reasons) == {"drift.server_unobserved"} with input as asserted with data.drift as required
	drift.pass with input as fixture.call with data.drift as required

	both := object.union(asserted, {"facts": {"tool": {"drift": "unobserved"}}})
	drift.pass with input as both with data.drift as tolerated
	not drift.pass with input as both with data.drift as object.union(tolerated, required)
}

test_malformed_requirements_require_it if {
	asserted := fixture.with_facts({"tool": {"server_identity": "asserted"}})
	every broken in [
		null, true, "*", {}, [true], ["*"], [{}], [{"server": "git"}], [{"server": true, "tool": "*"}],
		[{"server": "git", "tool": "*", "tols": 1}], [{"server": "git", "tool": "*"}, "*"],
	] {
		not drift.pass with input as asserted with data.drift as {"require_matched_identity": broken}
		fixture.codes(drift.reasons) == {"drift.data_malformed"} with input as asserted with data.drift as {"require_matched_identity": broken}
	}
	every misspelt in [{"require_matched_identities": []}, object.union(tolerated, {"required": []})] {
		not drift.pass with input as asserted with data.drift as misspelt
		fixture.codes(drift.reasons) == {"drift.data_malformed"} with input as asserted with data.drift as misspelt
	}
	every broken in [null, [], "none"] {
		not drift.pass with input as asserted with data.drift as broken
	}
}

test_broken_identities if {
	every value in ["Matched", "", true, null, 1, ["matched"]] {
		not drift.pass with input as fixture.with_facts({"tool": {"server_identity": value}}) with data.drift as tolerated
	}
	not drift.pass with input as json.remove(fixture.call, ["/facts/tool/server_identity"]) with data.drift as tolerated
}

test_the_shipped_data_tolerates_nothing if {
	drift.pass with input as fixture.call
	drift.pass with input as fixture.with_facts({"tool": {"server_identity": "asserted"}})
	fixture.codes(drift.reasons) == {"drift.unobserved"} with input as fixture.with_facts({"tool": {"drift": "unobserved"}})
}

test_unknown_tool if {
	not drift.pass with input as fixture.unknown_tool with data.drift as tolerated
	fixture.codes(drift.reasons) == {"drift.unknown_tool"} with input as fixture.unknown_tool with data.drift as tolerated
	refused := fixture.refused_tool("catalogue_refused", [])
	fixture.codes(drift.reasons) == {"drift.unknown_tool"} with input as refused with data.drift as tolerated
}
