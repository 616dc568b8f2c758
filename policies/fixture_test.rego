# METADATA
# title: What tests start from
# description: A call that a developer makes, complete in all its facts; tests change what they are about.
package exequatur_test.fixture

call := {
	"subject": {"type": "agent", "id": "alice"},
	"action": {"name": "tools/call", "properties": {"arguments": {"path": "/workspace/a.txt"}}},
	"resource": {"type": "tool", "id": "files/read"},
	"context": {},
	"facts": {
		"time": "2026-11-24T10:03:00.123Z",
		"environment": "development",
		"tenant": "default",
		"caller": {"method": "jwt", "issuer": "https://idp.example", "id": "gateway-1"},
		"principal": {"authenticated": true, "issuer": "https://idp.example", "id": "alice", "roles": []},
		"actors": [],
		"tool": tool("files", "read", "read"),
		"plan": {"named": false, "known": false, "code": "no_plan_named"},
	},
}

tool(server, name, effect) := {
	"known": true,
	"server": server,
	"server_identity": "matched",
	"name": name,
	"version": "1.4.0",
	"effect": effect,
	"digest": "sha256:00",
	"drift": "none",
	"arguments_valid": true,
	"signatures": {"verified": true, "by": [{"authority": "platform"}], "failed": []},
	"catalogue": {"id": "tools", "version": 1},
}

unknown_tool := object.union(
	json.remove(call, ["/facts/tool"]),
	{"facts": {"tool": {"known": false, "code": "not_in_catalogue"}}},
)

# METADATA
# description: The facts about a call that keeps to its plan.
plan := {
	"named": true,
	"known": true,
	"hash": "sha256:00",
	"document": {"id": "release", "version": 1},
	"signatures": {"verified": true, "by": [{"authority": "change-board"}], "failed": []},
	"valid": true,
	"agent_matches": true,
	"audience_matches": true,
	"step": "2",
	"step_matches": true,
	"in_order": true,
	"used": false,
	"call": "new",
}

# METADATA
# description: The call of a tool whose document does not count.
refused_tool(code, failed) := object.union(
	json.remove(call, ["/facts/tool"]),
	{"facts": {"tool": {"known": false, "code": code, "failed": failed}}},
)

# METADATA
# description: The call with other facts; objects are merged, everything else replaced.
with_facts(facts) := object.union(call, {"facts": facts})

# METADATA
# description: The call of another tool, with other arguments.
of_tool(server, name, effect, arguments) := object.union_n([
	json.remove(call, ["/action/properties/arguments"]),
	{"action": {"properties": {"arguments": arguments}}},
	{"resource": {"id": concat("/", [server, name])}, "facts": {"tool": tool(server, name, effect)}},
])

codes(reasons) := {reason.code | some reason in reasons}
