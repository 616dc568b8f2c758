package exequatur_test.access

import data.exequatur.controls.access
import data.exequatur_test.fixture

roles := {
	"reader": {
		"description": "Looks.",
		"grants": {"files": {"read": {}, "stat": {"until": "2026-11-24T11:03:00.123+01:00"}}},
		"grant_patterns": [{"server": "git", "tool": "git_*"}],
	},
	"developer": {
		"inherits": ["reader"],
		"grants": {"files": {
			"write": {"until": "2026-11-24T11:03:00.124+01:00", "arguments": {"/path": {"pattern": "/workspace/[a-z.]+"}}},
			"move": [
				{"arguments": {"/from": {"equals": "a"}}},
				{"arguments": {"/to": {"equals": "b"}}},
			],
		}},
		"denials": [{"server": "git", "tool": "git_reset", "description": "Loses work."}],
	},
	"lead": {"inherits": ["developer"]},
	"head": {"inherits": ["lead"]},
	"chief": {"inherits": ["head"]},
	"board": {"inherits": ["chief"]},
	"circle": {"inherits": ["square"], "grants": {"files": {"read": {}}}},
	"square": {"inherits": ["circle"]},
}

bindings := {"https://idp.example": {"alice": ["developer"], "bob": ["reader"], "cyrus": ["circle"]}}

policy := {"roles": roles, "bindings": bindings}

by(id, call) := object.union(call, {"facts": {"principal": {"id": id}}})

claiming(names, call) := object.union(call, {"facts": {"principal": {"id": "nobody", "roles": names}}})

write(arguments) := fixture.of_tool("files", "write", "write", arguments)

git(name) := fixture.of_tool("git", name, "write", {})

test_grant_by_name if {
	access.pass with input as by("bob", fixture.call) with data.access as policy
	access.grants == {{"role": "reader", "server": "files", "tool": "read", "until": null}} with input as by("bob", fixture.call)
		with data.access as policy
	access.reasons == set() with input as fixture.call with data.access as policy
}

test_grant_by_glob_says_the_glob if {
	access.pass with input as git("git_log") with data.access as policy
	access.grants == {{"role": "reader", "server": "git", "tool": "git_*", "until": null}} with input as git("git_log")
		with data.access as policy
	not access.pass with input as git("log") with data.access as policy
}

test_grant_by_glob_of_servers if {
	globs := {"roles": {"all": {"grant_patterns": [{"server": "g*", "tool": "*", "until": "2027-01-01T00:00:00Z"}]}}, "bindings": {}}
	access.pass with input as claiming(["all"], git("git_log")) with data.access as globs
	not access.pass with input as claiming(["all"], fixture.call) with data.access as globs
	access.grants == {{"role": "all", "server": "g*", "tool": "*", "until": "2027-01-01T00:00:00Z"}} with data.access as globs
		with input as claiming(["all"], git("git_log"))
}

test_a_glob_in_place_of_a_name_grants_nothing if {
	keyed := {"roles": {"all": {"grants": {"files": {"*": {}}, "*": {"read": {}}}}}, "bindings": {}}
	not access.pass with input as claiming(["all"], fixture.call) with data.access as keyed
}

test_no_grant if {
	some call in [by("nobody", fixture.call), by("bob", write({"path": "/workspace/a"}))]
	not access.pass with input as call with data.access as policy
	fixture.codes(access.reasons) == {"access.no_grant"} with input as call with data.access as policy
}

test_same_id_of_another_issuer_is_somebody_else if {
	stranger := fixture.with_facts({"principal": {"issuer": "https://other.example"}})
	not access.pass with input as stranger with data.access as policy
}

test_claimed_roles_that_data_knows_count if {
	access.pass with input as claiming(["reader", "stranger"], fixture.call) with data.access as policy
	not access.pass with input as claiming(["stranger"], fixture.call) with data.access as policy
}

test_inheritance_at_every_depth if {
	every name in ["reader", "developer", "lead", "head", "chief", "board"] {
		access.pass with input as claiming([name], fixture.call) with data.access as policy
		access.pass with input as claiming([name], git("git_log")) with data.access as policy
	}
	every name in ["developer", "lead", "head", "chief", "board"] {
		not access.pass with input as claiming([name], git("git_reset")) with data.access as policy
	}
}

test_cycles_are_harmless if {
	access.pass with input as by("cyrus", fixture.call) with data.access as policy
	access.pass with input as claiming(["square"], fixture.call) with data.access as policy
}

test_denial_wins_over_glob_and_inherited_grants if {
	not access.pass with input as git("git_reset") with data.access as policy
	fixture.codes(access.reasons) == {"access.denied"} with input as git("git_reset") with data.access as policy
	access.pass with input as by("bob", git("git_reset")) with data.access as policy
}

test_denial_by_glob if {
	denying := object.union(policy, {"roles": {"reader": {"denials": [{"server": "f*s", "tool": "r?ad"}]}}})
	not access.pass with input as fixture.call with data.access as denying
	fixture.codes(access.reasons) == {"access.denied"} with input as fixture.call with data.access as denying
}

test_denial_of_a_principal if {
	denying := object.union(policy, {"denials": {"https://idp.example": {"alice": [{"server": "files", "tool": "*"}]}}})
	not access.pass with input as fixture.call with data.access as denying
	fixture.codes(access.reasons) == {"access.denied"} with input as fixture.call with data.access as denying
	access.pass with input as by("bob", fixture.call) with data.access as denying
	access.pass with input as git("git_log") with data.access as denying
}

test_a_grant_ends if {
	access.pass with input as write({"path": "/workspace/a"}) with data.access as policy
	access.grants[_].until == "2026-11-24T11:03:00.124+01:00" with input as write({"path": "/workspace/a"}) with data.access as policy
	stat := fixture.of_tool("files", "stat", "read", {})
	not access.pass with input as stat with data.access as policy
	fixture.codes(access.reasons) == {"access.grant_expired"} with input as stat with data.access as policy
}

test_a_malformed_end_is_over if {
	every until in ["2027-13-01T00:00:00Z", "2027-01-01", "soon", "", null, 2027, true, {}] {
		ending := {"roles": {"r": {"grants": {"files": {"read": {"until": until}}}}}, "bindings": {}}
		not access.pass with input as claiming(["r"], fixture.call) with data.access as ending
	}
}

test_without_a_time_no_grant_that_ends if {
	timeless := json.remove(write({"path": "/workspace/a"}), ["/facts/time"])
	not access.pass with input as timeless with data.access as policy
	access.pass with input as json.remove(fixture.call, ["/facts/time"]) with data.access as policy
}

test_argument_constraint if {
	elsewhere := write({"path": "/etc/passwd"})
	not access.pass with input as elsewhere with data.access as policy
	access.reasons == {{
		"code": "access.argument_constraint",
		"message": concat("", [
			"Role developer grants files/write only with other values of /path. ",
			"Change them, or ask an operator.",
		]),
	}} with input as elsewhere
		with data.access as policy
}

test_one_of_the_alternatives_suffices if {
	every arguments in [{"from": "a"}, {"to": "b"}, {"from": "a", "to": "b"}] {
		access.pass with input as fixture.of_tool("files", "move", "write", arguments) with data.access as policy
	}
	neither := fixture.of_tool("files", "move", "write", {"from": "b", "to": "a"})
	not access.pass with input as neither with data.access as policy
	count(access.reasons) == 2 with input as neither with data.access as policy
}

test_malformed_terms_grant_nothing if {
	every terms in [null, true, "", "yes", 1, [], [null], ["x"], {"untill": "2020-01-01T00:00:00Z"}, {"arguments": null}, {"arguments": [1]}, {"arguments": {"/path": {}}}] {
		broken := {"roles": {"r": {"grants": {"files": {"read": terms}}}}, "bindings": {}}
		not access.pass with input as claiming(["r"], fixture.call) with data.access as broken
	}
	every terms in [null, "*", {"server": "*"}, {"tool": "*"}, {"server": "*", "tool": "*", "untill": 1}, {"server": "*", "tool": "["}, {"server": 1, "tool": 1}] {
		broken := {"roles": {"r": {"grant_patterns": [terms]}}, "bindings": {}}
		not access.pass with input as claiming(["r"], fixture.call) with data.access as broken
	}
}

test_malformed_denials_deny if {
	every denials in [null, {}, "files", [null], ["files/write"], [{}], [{"server": "x"}], [{"server": "x", "tool": 1}], [{"server": "x", "tool": "y", "tols": 1}], [{"server": "[", "tool": "*"}]] {
		broken := object.union(policy, {"roles": {"reader": {"denials": denials}}})
		not access.pass with input as fixture.call with data.access as broken
		fixture.codes(access.reasons) == {"access.data_malformed"} with input as fixture.call with data.access as broken
	}
	every denials in [null, [], {"https://idp.example": null}, {"https://idp.example": {"alice": null}}, {"https://idp.example": {"alice": [null]}}] {
		broken := object.union(policy, {"denials": denials})
		not access.pass with input as fixture.call with data.access as broken
		fixture.codes(access.reasons) == {"access.data_malformed"} with input as fixture.call with data.access as broken
	}
}

test_malformed_roles_deny if {
	every role in [null, "reader", [], {"denails": []}, {"inherits": "developer"}, {"inherits": ["nobody"]}, {"inherits": [null]}, {"grants": []}, {"grant_patterns": {}}] {
		broken := object.union(json.remove(policy, ["/roles/reader"]), {"roles": {"reader": role}})
		not access.pass with input as claiming(["developer"], fixture.of_tool("files", "move", "write", {"to": "b"})) with data.access as broken
	}
}

test_a_deep_inheritance_of_a_malformed_role_denies if {
	every role in [null, "reader", {"inherits": "developer"}] {
		broken := object.union(json.remove(policy, ["/roles/reader"]), {"roles": {"reader": role}})
		not access.pass with input as claiming(["board"], fixture.of_tool("files", "move", "write", {"to": "b"})) with data.access as broken
	}
}

test_malformed_bindings_deny if {
	every broken in [null, [], {"https://idp.example": []}, {"https://idp.example": {"alice": "developer"}}, {"https://idp.example": {"alice": [1]}}, {"https://idp.example": {"alice": ["nobody"]}}] {
		not access.pass with input as fixture.with_facts({"principal": {"roles": ["reader"]}})
			with data.access as {"roles": roles, "bindings": broken}
	}
	not access.pass with input as fixture.call with data.access as {"roles": roles}
	not access.pass with input as fixture.call with data.access as object.union(policy, {"denails": {}})
	not access.pass with input as fixture.call with data.access as {}
}

test_unauthenticated if {
	every principal in [{"authenticated": false}, {"authenticated": "true"}, {"issuer": null}, {"id": 1}, {"roles": "reader"}, {"roles": [1]}, {"roles": null}] {
		not access.pass with input as fixture.with_facts({"principal": principal}) with data.access as policy
	}
}

test_the_facts_are_about_the_request if {
	every id in ["files/write", "git/read", "filesread", "", null, 1] {
		call := object.union(fixture.call, {"resource": {"id": id}})
		not access.pass with input as call with data.access as policy
		"access.names_disagree" in fixture.codes(access.reasons) with input as call with data.access as policy
	}
	not access.pass with input as object.union(fixture.call, {"resource": {"type": "file"}}) with data.access as policy
	not access.pass with input as object.union(fixture.call, {"action": {"name": "read"}}) with data.access as policy
}

test_a_bare_name_is_completed_by_the_facts if {
	bare := object.union(fixture.call, {"resource": {"id": "read"}})
	access.pass with input as bare with data.access as policy
	access.pass with input as object.union(bare, {"resource": {"properties": {"server": "files"}}}) with data.access as policy
	not access.pass with input as object.union(bare, {"resource": {"properties": {"server": "git"}}}) with data.access as policy
}

test_invalid_arguments if {
	every code, valid in {"arguments_absent": false, "arguments_do_not_match_schema": false} {
		call := fixture.with_facts({"tool": {"arguments_valid": valid, "arguments_code": code}})
		not access.pass with input as call with data.access as policy
		fixture.codes(access.reasons) == {"access.arguments_invalid"} with input as call with data.access as policy
	}
}

test_unknown_tool if {
	every code in ["not_in_catalogue", "not_a_tool_call", "server_not_named"] {
		call := object.union(fixture.unknown_tool, {"facts": {"tool": {"code": code}}})
		not access.pass with input as call with data.access as policy
		fixture.codes(access.reasons) == {"access.unknown_tool"} with input as call with data.access as policy
	}
}

test_a_catalogue_that_does_not_count if {
	every code in ["catalogue_refused", "catalogue_withdrawn", "catalogue_unreadable"] {
		call := fixture.refused_tool(code, [{"code": "late", "authority": "platform"}])
		not access.pass with input as call with data.access as policy
		some reason in access.reasons with input as call with data.access as policy
		reason.code == concat(".", ["access", code])
		contains(reason.message, " (late).")
	}
}

test_empty_input_fails if {
	not access.pass with input as {} with data.access as policy
	access.grants == set() with input as {} with data.access as policy
}
