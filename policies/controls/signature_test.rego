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
