package exequatur_test.plan

import data.exequatur.controls.plan
import data.exequatur_test.fixture

access := {
	"roles": {"deployer": {}, "release": {"inherits": ["deployer"]}, "reader": {}},
	"bindings": {"https://idp.example": {"alice": ["reader"], "bob": ["release"]}},
}

policy := {"required": {
	"roles": ["deployer"],
	"tools": [{"server": "terraform", "tool": "delete_*"}],
	"environments": {"development": [], "staging": ["destructive"], "production": ["write", "destructive"]},
}}

planned := object.union(json.remove(fixture.call, ["/facts/plan"]), {"facts": {"plan": fixture.plan}})

in_environment(environment, effect) := fixture.with_facts({"environment": environment, "tool": {"effect": effect}})

test_a_plan_that_is_kept_to if {
	plan.pass with input as planned with data.access as access with data.plan as policy
	not plan.skip with input as planned with data.access as access with data.plan as policy
	plan.reasons == set() with input as planned with data.access as access with data.plan as policy
}

test_a_plan_suffices_where_one_is_required if {
	call := object.union(planned, {"facts": {"environment": "production", "tool": {"effect": "destructive"}}})
	plan.pass with input as call with data.access as access with data.plan as policy
}

test_every_fact_of_a_named_plan_counts if {
	wrong := {
		"valid": [false, "plan.not_valid"],
		"agent_matches": [false, "plan.another_agent"],
		"audience_matches": [false, "plan.another_audience"],
		"step_matches": [false, "plan.another_step"],
		"in_order": [false, "plan.out_of_order"],
		"used": [true, "plan.used"],
	}
	every fact, how in wrong {
		call := object.union(planned, {"facts": {"plan": {fact: how[0]}}})
		not plan.pass with input as call with data.access as access with data.plan as policy
		not plan.skip with input as call with data.access as access with data.plan as policy
		fixture.codes(plan.reasons) == {how[1]} with input as call with data.access as access with data.plan as policy
	}
	every fact, _ in object.remove(fixture.plan, {"document"}) {
		every value in [null, 7, {}, ["broken"]] {
			call := json.patch(planned, [{"op": "replace", "path": concat("/", ["/facts/plan", fact]), "value": value}])
			not plan.pass with input as call with data.access as access with data.plan as policy
			not plan.skip with input as call with data.access as access with data.plan as policy
		}
		missing := json.remove(planned, [concat("/", ["facts/plan", fact])])
		not plan.pass with input as missing with data.access as access with data.plan as policy
		not plan.skip with input as missing with data.access as access with data.plan as policy
	}
}

test_a_plan_signed_by_nobody if {
	every signatures in [{"verified": false}, {"by": []}, {"by": [{"authority": null}]}, {"verified": "true"}] {
		call := object.union(planned, {"facts": {"plan": {"signatures": signatures}}})
		not plan.pass with input as call with data.access as access with data.plan as policy
	}
	unverified := object.union(planned, {"facts": {"plan": {"signatures": {"verified": false}}}})
	fixture.codes(plan.reasons) == {"plan.unverified"} with input as unverified with data.access as access with data.plan as policy
}

test_a_named_plan_that_is_not_held if {
	every code in ["plan_unknown", "no_plans_configured"] {
		call := unknown(code, [])
		not plan.pass with input as call with data.access as access with data.plan as policy
		not plan.skip with input as call with data.access as access with data.plan as policy
		fixture.codes(plan.reasons) == {"plan.unknown"} with input as call with data.access as access with data.plan as policy
	}
}

unknown(code, failed) := json.patch(fixture.call, [{
	"op": "replace",
	"path": "/facts/plan",
	"value": {"named": true, "known": false, "code": code, "hash": "sha256:00", "failed": failed, "call": "new"},
}])

test_a_plan_that_does_not_count_says_why if {
	said := {
		"plan_refused": [
			"plan.refused",
			"The plan is here and does not count (document_twice, late). Have it corrected and signed by an authority for plans.",
		],
		"plan_withdrawn": ["plan.withdrawn", "The plan does not count any more (document_twice, late). Have a new one signed."],
		"plan_superseded": ["plan.superseded", "A later version of the plan has taken its place (document_twice, late). Use that one."],
	}
	every code, expected in said {
		call := unknown(code, [{"code": "late", "authority": "change-board"}, {"code": "document_twice"}])
		not plan.pass with input as call with data.access as access with data.plan as policy
		not plan.skip with input as call with data.access as access with data.plan as policy
		plan.reasons == {{"code": expected[0], "message": expected[1]}} with input as call with data.access as access with data.plan as policy
	}
}

test_what_was_spent_cannot_be_known if {
	call := unknown("state_unavailable", [])
	not plan.pass with input as call with data.access as access with data.plan as policy
	plan.reasons == {{
		"code": "plan.state_unavailable",
		"message": "What was spent of the plan cannot be known now. Ask again later.",
	}} with input as call
		with data.access as access
		with data.plan as policy
}

test_a_repeated_call_keeps_to_its_plan if {
	call := object.union(planned, {"facts": {"plan": {"call": "repeated"}}})
	plan.pass with input as call with data.access as access with data.plan as policy
}

test_a_call_that_is_not_its_own if {
	every state in ["missing", "conflict"] {
		call := object.union(planned, {"facts": {"plan": {"call": state}}})
		not plan.pass with input as call with data.access as access with data.plan as policy
		not plan.skip with input as call with data.access as access with data.plan as policy
		fixture.codes(plan.reasons) == {concat("_", ["plan.call", state])} with input as call with data.access as access with data.plan as policy
	}
	every state in ["New", "", true, ["new"], {"new"}, "first"] {
		not plan.pass with input as object.union(planned, {"facts": {"plan": {"call": state}}}) with data.access as access with data.plan as policy
	}
}

test_a_call_of_no_step_of_the_plan if {
	call := object.union(planned, {"facts": {"plan": {"step": null, "step_matches": false}}})
	not plan.pass with input as call with data.access as access with data.plan as policy
	fixture.codes(plan.reasons) == {"plan.another_step"} with input as call with data.access as access with data.plan as policy
}

test_no_plan_where_none_is_required if {
	every call in [fixture.call, in_environment("development", "destructive"), in_environment("staging", "write"), in_environment("production", "read")] {
		plan.skip with input as call with data.access as access with data.plan as policy
		not plan.pass with input as call with data.access as access with data.plan as policy
	}
}

test_required_by_environment if {
	every call in [
		in_environment("staging", "destructive"),
		in_environment("production", "write"),
		in_environment("unknown", "write"),
		in_environment("nowhere", "write"),
		in_environment("unknown", "destructive"),
	] {
		not plan.skip with input as call with data.access as access with data.plan as policy
		fixture.codes(plan.reasons) == {"plan.required"} with input as call with data.access as access with data.plan as policy
	}
	plan.skip with input as in_environment("unknown", "read") with data.access as access with data.plan as policy
}

test_required_by_role_also_inherited if {
	every principal in [{"id": "bob"}, {"roles": ["deployer"]}, {"roles": ["release"]}] {
		call := fixture.with_facts({"principal": principal})
		not plan.skip with input as call with data.access as access with data.plan as policy
		fixture.codes(plan.reasons) == {"plan.required"} with input as call with data.access as access with data.plan as policy
	}
}

test_required_by_tool if {
	call := fixture.of_tool("terraform", "delete_workspace", "read", {})
	not plan.skip with input as call with data.access as access with data.plan as policy
	fixture.codes(plan.reasons) == {"plan.required"} with input as call with data.access as access with data.plan as policy
	plan.skip with input as fixture.of_tool("terraform", "show", "read", {}) with data.access as access with data.plan as policy
}

test_broken_facts_need_a_plan if {
	every facts in [{"environment": null}, {"environment": 1}, {"tool": {"effect": "Read"}}, {"tool": {"effect": null}}, {"tool": {"known": "true"}}, {"principal": {"roles": null}}, {"plan": {"named": "false"}}, {"plan": {"known": null}}, {"plan": {"code": "none"}}] {
		not plan.skip with input as fixture.with_facts(facts) with data.access as access with data.plan as policy
	}
	not plan.skip with input as json.remove(fixture.call, ["/facts/environment"]) with data.access as access with data.plan as policy
	not plan.skip with input as {} with data.access as access with data.plan as policy
	fixture.codes(plan.reasons) == {"plan.unknown_tool"} with input as fixture.unknown_tool with data.access as access with data.plan as policy
}

test_malformed_data_requires_a_plan if {
	every broken in [
		{},
		{"required": null},
		{"required": {"roles": [], "tools": []}},
		{"required": {"roles": [], "environments": {"development": []}}},
		{"required": {"tools": [], "environments": {"development": []}}},
		{"required": {"roles": ["deploier"], "tools": [], "environments": {"development": []}}},
		{"required": {"roles": "deployer", "tools": [], "environments": {"development": []}}},
		{"required": {"roles": [], "tools": ["terraform/apply"], "environments": {"development": []}}},
		{"required": {"roles": [], "tools": {}, "environments": {"development": []}}},
		{"required": {"roles": [], "tools": [], "environments": {}}},
		{"required": {"roles": [], "tools": [], "environments": {"development": null}}},
		{"required": {"roles": [], "tools": [], "environments": {"development": ["wirte"]}}},
		{"required": {"roles": [], "tools": [], "environments": {"development": []}, "servers": []}},
		object.union(policy, {"requires": {}}),
	] {
		not plan.skip with input as fixture.call with data.access as access with data.plan as broken
		fixture.codes(plan.reasons) == {"plan.required", "plan.data_malformed"} with input as fixture.call with data.access as access with data.plan as broken
	}
}
