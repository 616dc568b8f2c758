package exequatur_test.signature

import data.exequatur.controls.signature
import data.exequatur_test.fixture

tolerated := {"dangerously_tolerate_unverified": [{"server": "*", "tool": "read", "codes": ["no_trust_configured", "late"]}]}

failed(failures) := json.patch(fixture.call, [{
	"op": "replace",
	"path": "/facts/tool/signatures",
	"value": {"verified": false, "by": [], "failed": failures},
}])

test_verified if {
	signature.pass with input as fixture.call with data.signature as {}
	signature.reasons == set() with input as fixture.call with data.signature as {}
}

test_verified_by_nobody_is_not_verified if {
	every by in [[], [{}], [{"authority": null}], "platform", null, {"authority": "platform"}] {
		not signature.pass with input as fixture.with_facts({"tool": {"signatures": {"by": by}}}) with data.signature as tolerated
	}
	every verified in ["true", 1, null, false] {
		not signature.pass with input as fixture.with_facts({"tool": {"signatures": {"verified": verified}}}) with data.signature as tolerated
	}
}

test_unverified_names_the_codes if {
	call := failed([{"code": "not_trusted", "authority": "platform"}, {"code": "late"}])
	not signature.pass with input as call with data.signature as tolerated
	signature.reasons == {{
		"code": "signature.unverified",
		"message": "The tool's definition has no verified signature (late, not_trusted). Ask an operator to have it signed.",
	}} with input as call
		with data.signature as tolerated
}

test_tolerated_only_with_every_code if {
	signature.pass with input as failed([{"code": "no_trust_configured"}]) with data.signature as tolerated
	signature.pass with input as failed([{"code": "no_trust_configured"}, {"code": "late"}]) with data.signature as tolerated
	every failures in [[], [{}], [{"code": "late"}, {}], [{"code": "late"}, {"code": "not_trusted"}], [{"code": null}], "late", {"code": "late"}, null] {
		not signature.pass with input as failed(failures) with data.signature as tolerated
	}
	not signature.pass with input as failed([{"code": "late"}]) with data.signature as {}
}

test_malformed_tolerations_tolerate_nothing if {
	call := failed([{"code": "late"}])
	every broken in [null, true, [true], [{}], [{"server": "*", "tool": "*"}], [{"server": "*", "tool": "*", "codes": "late"}], [{"server": "*", "tool": "*", "code": ["late"], "codes": ["late"]}], [{"server": "git", "tool": "*", "codes": ["late"]}]] {
		not signature.pass with input as call with data.signature as {"dangerously_tolerate_unverified": broken}
	}
}

test_unknown_tool if {
	not signature.pass with input as fixture.unknown_tool with data.signature as tolerated
	fixture.codes(signature.reasons) == {"signature.unknown_tool"} with input as fixture.unknown_tool with data.signature as tolerated
	not signature.pass with input as {} with data.signature as tolerated
}

catalogues := {
	"catalogue_refused": "The catalogue that lists this tool does not count here%s. Ask an operator to look into it, or to have it corrected and signed.",
	"catalogue_withdrawn": "The catalogue that lists this tool does not count any more%s. Ask an operator to look into it, or to have a new version signed.",
	"catalogue_unreadable": concat("", [
		"No catalogue that can be read lists this tool, and there is one that cannot be read%s. ",
		"Use a tool that is listed, or ask an operator to correct it.",
	]),
}

test_a_catalogue_that_does_not_count_says_why if {
	every code, message in catalogues {
		call := fixture.refused_tool(code, [{"code": "outside_scope", "authority": "platform"}, {"code": "late"}, {"code": "late"}])
		not signature.pass with input as call with data.signature as tolerated
		signature.reasons == {{
			"code": concat(".", ["signature", code]),
			"message": sprintf(message, [" (late, outside_scope)"]),
		}} with input as call
			with data.signature as tolerated
	}
}

test_a_catalogue_of_which_no_failure_is_known if {
	every code, message in catalogues {
		every failed in [[], null, "late", [{}], [null], [{"code": 1}]] {
			call := json.patch(fixture.refused_tool(code, []), [{"op": "replace", "path": "/facts/tool/failed", "value": failed}])
			signature.reasons == {{"code": concat(".", ["signature", code]), "message": sprintf(message, [""])}} with input as call
		}
	}
}

test_what_is_no_code_is_left_out if {
	call := fixture.refused_tool("catalogue_refused", [{"code": 1}, {"code": "late"}, {}])
	signature.reasons == {{
		"code": "signature.catalogue_refused",
		"message": sprintf(catalogues.catalogue_refused, [" (late)"]),
	}} with input as call
}

test_a_catalogue_that_does_not_count_is_never_tolerated if {
	everything := {"dangerously_tolerate_unverified": [{"server": "*", "tool": "*", "codes": ["late"]}]}
	failure := {"verified": false, "by": [], "failed": [{"code": "late"}]}
	every code, _ in catalogues {
		refused := fixture.refused_tool(code, [{"code": "late"}])
		named := {"server": "files", "name": "read", "signatures": failure}
		not signature.pass with input as object.union(refused, {"facts": {"tool": named}}) with data.signature as everything
	}
}

test_many_failures_are_cut_short if {
	call := fixture.refused_tool("catalogue_refused", [{"code": sprintf("failure_%d", [i])} | some i in numbers.range(100, 999)])
	some reason in signature.reasons with input as call
	contains(reason.message, "failure_115).")
}

test_the_shipped_data_tolerates_nothing if {
	signature.pass with input as fixture.call
	not signature.pass with input as failed([{"code": "no_trust_configured"}])
}
