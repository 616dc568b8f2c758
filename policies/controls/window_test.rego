package exequatur_test.window

import data.exequatur.controls.window
import data.exequatur_test.fixture

access := {
	"roles": {"reader": {}, "responder": {}, "chief": {"inherits": ["responder"]}},
	"bindings": {"https://idp.example": {"alice": ["reader"], "oscar": ["responder"], "carol": ["chief"]}},
}

policy := {
	"environments": {
		"development": {"restricts": []},
		"staging": {"restricts": ["destructive"], "windows": [{
			"name": "evenings",
			"days": ["Tuesday"],
			"from": "18:00",
			"to": "20:00",
			"timezone": "UTC",
		}]},
		"production": {"description": "Where customers are.", "restricts": ["write", "destructive"], "windows": [
			{"days": ["Monday", "Tuesday"], "from": "09:00", "to": "16:00", "timezone": "Europe/Zurich"},
			{"name": "move", "from": "2026-12-05T20:00", "to": "2026-12-06T06:00", "timezone": "Asia/Kathmandu"},
		]},
	},
	"freezes": [
		{
			"name": "year-end",
			"environments": ["production"],
			"effects": ["write", "destructive"],
			"from": "2026-12-18T16:00",
			"to": "2027-01-04T06:00",
			"timezone": "Europe/Zurich",
			"emergency": true,
		},
		{
			"name": "Friday lunch",
			"environments": ["development", "production"],
			"effects": ["destructive"],
			"days": ["Tuesday"],
			"from": "12:00",
			"to": "13:00",
			"timezone": "Europe/Zurich",
		},
	],
	"emergency": {"description": "On call.", "roles": ["responder"]},
}

# A write in production on a Tuesday at 11:03 in Zurich.
changing := at("production", "write", "2026-11-24T10:03:00.123Z")

at(environment, effect, time) := fixture.with_facts({
	"environment": environment,
	"time": time,
	"tool": {"effect": effect},
})

by(id, context, call) := object.union(call, {"facts": {"principal": {"id": id}}, "context": context})

passing(call, windows) if {
	window.pass with input as call with data.access as access with data.window as windows
}

skipping(call, windows) if {
	window.skip with input as call with data.access as access with data.window as windows
}

stopped(call, windows) := codes if {
	not passing(call, windows)
	not skipping(call, windows)
	codes := fixture.codes(window.reasons) with input as call with data.access as access with data.window as windows
}

test_what_nothing_restricts_is_skipped if {
	every call in [
		at("production", "read", "2026-11-24T23:03:00.123Z"),
		at("unknown", "read", "2026-11-24T23:03:00.123Z"),
		at("development", "write", "2026-11-24T23:03:00.123Z"),
		at("staging", "write", "2026-12-24T23:03:00.123Z"),
		json.remove(at("development", "write", ""), ["/facts/time"]),
	] {
		skipping(call, policy)
		not passing(call, policy)
	}
}

test_open if {
	passing(changing, policy)
	not skipping(changing, policy)
	passing(at("production", "write", "2026-11-23T08:00:00.000Z"), policy)
	passing(at("production", "write", "2026-11-23T14:59:59.999Z"), policy)
	passing(at("production", "write", "2026-12-05T14:15:00.000Z"), policy)
	window.reasons == set() with input as changing with data.access as access with data.window as policy
	window.notes == set() with input as changing with data.access as access with data.window as policy
}

test_closed if {
	every time in ["2026-11-23T07:59:59.999Z", "2026-11-23T15:00:00.000Z", "2026-11-25T10:00:00.000Z", "2026-12-05T14:14:59.999Z"] {
		stopped(at("production", "write", time), policy) == {"window.closed"}
	}
	closed := at("production", "write", "2026-11-25T10:00:00.000Z")
	window.reasons == {{
		"code": "window.closed",
		"message": concat(" ", [
			"production is not open for write now. It opens Monday, Tuesday 09:00 to 16:00 Europe/Zurich;",
			"2026-12-05T20:00 to 2026-12-06T06:00 Asia/Kathmandu. In an emergency, somebody who is on call can do it with a ticket.",
		]),
	}} with input as closed
		with data.access as access
		with data.window as policy
}

test_without_a_window_never_open if {
	shut := {"environments": {"production": {"restricts": ["write"]}}}
	stopped(changing, shut) == {"window.closed"}
	window.reasons == {{
		"code": "window.closed",
		"message": "production is not open for write now. It has no window.",
	}} with input as changing
		with data.access as access
		with data.window as shut
}

test_summer_time if {
	passing(at("production", "write", "2026-07-06T07:00:00.000Z"), policy)
	stopped(at("production", "write", "2026-07-06T14:00:00.000Z"), policy) == {"window.closed"}
}

test_a_freeze_wins_over_a_window if {
	frozen := at("production", "write", "2026-12-21T10:00:00.000Z")
	stopped(frozen, policy) == {"window.frozen"}
	window.reasons == {{
		"code": "window.frozen",
		"message": concat(" ", [
			"A freeze forbids write: year-end,",
			"2026-12-18T16:00 to 2027-01-04T06:00 Europe/Zurich. Wait for its end.",
		]),
	}} with input as frozen
		with data.access as access
		with data.window as policy
	passing(at("production", "write", "2026-12-15T14:59:59.999Z"), policy)
	passing(at("production", "write", "2027-01-04T09:00:00.000Z"), policy)
}

test_a_freeze_also_where_nothing_is_restricted if {
	stopped(at("development", "destructive", "2026-11-24T11:30:00.000Z"), policy) == {"window.frozen"}
	passing(at("development", "destructive", "2026-11-24T12:00:00.000Z"), policy)
	skipping(at("development", "write", "2026-11-24T11:30:00.000Z"), policy)
}

test_an_unknown_environment_has_every_restriction if {
	every environment in ["unknown", "nowhere"] {
		passing(at(environment, "write", "2026-11-24T10:03:00.123Z"), policy)
		stopped(at(environment, "destructive", "2026-11-24T10:03:00.123Z"), policy) == {"window.closed", "window.environment_unknown"}
		stopped(at(environment, "write", "2026-11-24T23:03:00.123Z"), policy) == {"window.closed", "window.environment_unknown"}
	}
	named := object.union(policy, {"environments": {"unknown": {"restricts": []}}})
	stopped(at("unknown", "write", "2026-11-24T23:03:00.123Z"), named) == {"window.closed", "window.environment_unknown"}
}

test_emergency if {
	every id in ["oscar", "carol"] {
		every time in ["2026-11-25T10:00:00.000Z", "2026-12-21T23:00:00.000Z"] {
			passing(by(id, {"ticket": "INC-42"}, at("production", "write", time)), policy)
		}
	}
	window.notes == {{
		"code": "window.emergency",
		"message": "Passed on the emergency path with ticket INC-42, which is only asserted.",
	}} with input as by("oscar", {"ticket": "INC-42"}, at("production", "write", "2026-11-25T10:00:00.000Z"))
		with data.access as access
		with data.window as policy
}

test_an_open_window_is_no_emergency if {
	call := by("oscar", {"ticket": "INC-42"}, changing)
	passing(call, policy)
	window.notes == set() with input as call with data.access as access with data.window as policy
}

test_a_ticket_suffices_for_nothing_by_itself if {
	stopped(by("alice", {"ticket": "INC-42"}, at("production", "write", "2026-11-25T10:00:00.000Z")), policy) == {"window.closed"}
	nobody := json.remove(policy, ["/emergency"])
	stopped(by("oscar", {"ticket": "INC-42"}, at("production", "write", "2026-11-25T10:00:00.000Z")), nobody) == {"window.closed"}
}

test_an_emergency_needs_a_ticket if {
	every context in [{}, {"ticket": ""}, {"ticket": null}, {"ticket": true}, {"ticket": "INC 42"}, {"ticket": "INC-42\n"}, {"ticket": "INC-42\",\"x"}, {"ticket": concat("", ["INC-1234567890123456789012345678901234567890", "1234567890123456789012"])}] {
		stopped(by("oscar", context, at("production", "write", "2026-11-25T10:00:00.000Z")), policy) == {"window.closed", "window.emergency_ticket_missing"}
	}
}

test_a_freeze_that_does_not_say_so_yields_to_no_emergency if {
	call := by("oscar", {"ticket": "INC-42"}, at("production", "destructive", "2026-11-24T11:30:00.000Z"))
	stopped(call, policy) == {"window.frozen"}
	every value in [false, null, "true", 1] {
		doubtful := object.union(policy, {"freezes": [object.union(policy.freezes[1], {"emergency": value})]})
		stopped(call, doubtful) == {"window.frozen"}
	}
}

test_a_malformed_emergency_is_none if {
	call := by("oscar", {"ticket": "INC-42"}, at("production", "write", "2026-11-25T10:00:00.000Z"))
	every emergency in [null, [], "responder", {"roles": "responder"}, {"roles": ["responder"], "from": "always"}, {"role": ["responder"]}] {
		stopped(call, object.union(policy, {"emergency": emergency})) == {"window.closed"}
	}
}

test_broken_facts_are_closed if {
	every facts in [{"time": null}, {"time": "now"}, {"time": ""}, {"environment": null}, {"environment": ["production"]}, {"tool": {"effect": "Write"}}, {"tool": {"effect": null}}, {"tool": {"known": "true"}}] {
		every call in [changing, by("oscar", {"ticket": "INC-42"}, at("production", "write", "2026-11-25T10:00:00.000Z"))] {
			is_set(stopped(object.union(call, {"facts": facts}), policy))
		}
	}
	every path in ["/facts/time", "/facts/environment", "/facts/tool", "/facts/tool/effect", "/facts/tool/known", "/facts"] {
		is_set(stopped(json.remove(changing, [path]), policy))
		is_set(stopped(json.remove(by("oscar", {"ticket": "INC-42"}, changing), [path]), policy))
	}
	is_set(stopped({}, policy))
}

test_unknown_tool if {
	stopped(fixture.unknown_tool, policy) == {"window.unknown_tool"}
}

test_malformed_data_is_closed if {
	development := at("development", "write", "2026-11-24T10:03:00.123Z")
	every broken in [
		{"freeze": []},
		{"freezes": null},
		{"freezes": {}},
		{"freezes": ["year-end"]},
		{"freezes": [{}]},
		{"freezes": [json.remove(policy.freezes[0], ["/environments"])]},
		{"freezes": [json.remove(policy.freezes[0], ["/effects"])]},
		{"freezes": [object.union(policy.freezes[0], {"environments": ["prodction"]})]},
		{"freezes": [object.union(policy.freezes[0], {"environments": "production"})]},
		{"freezes": [object.union(policy.freezes[0], {"effects": ["wirte"]})]},
		{"freezes": [object.union(policy.freezes[0], {"effects": "write"})]},
		{"freezes": [object.union(policy.freezes[0], {"until": "2027-01-04"})]},
	] {
		"window.data_malformed" in stopped(changing, object.union(policy, broken))
	}
	every broken in [
		{"freezes": ["year-end"]},
		{"freezes": [{}]},
		{"freezes": [object.union(policy.freezes[0], {"environments": ["prodction"]})]},
		{"freezes": [object.union(policy.freezes[0], {"effects": ["wirte"], "environments": null})]},
		{"environments": {"development": null}},
		{"environments": {"development": {"restrict": []}}},
		{"environments": {"development": {"restricts": null}}},
		{"environments": {"development": {"restricts": ["wirte"]}}},
		{"environments": {"development": {"windows": {}}}},
	] {
		"window.data_malformed" in stopped(development, object.union(policy, broken))
	}
	every broken in [{}, {"environments": {}}, {"environments": []}, {"environments": null}, null] {
		is_set(stopped(development, broken))
		is_set(stopped(at("development", "read", "2026-11-24T10:03:00.123Z"), broken))
	}
}

# A freeze whose lists show that it is about something else need not be right in the rest.
test_what_a_malformed_freeze_is_not_about_is_skipped if {
	broken := object.union(policy, {"freezes": [object.union(policy.freezes[0], {"until": "2027-01-04", "from": null})]})
	skipping(at("development", "write", "2026-11-24T10:03:00.123Z"), broken)
	skipping(at("production", "read", "2026-11-24T10:03:00.123Z"), broken)
	is_set(stopped(at("unknown", "write", "2026-11-24T10:03:00.123Z"), broken))
}

test_a_freeze_with_a_malformed_period_is_in_force if {
	every change in [{"from": "2026-12-18"}, {"to": null}, {"timezone": "Europe/Nowhere"}, {"timezone": ""}, {"timezone": null}, {"days": ["Friday"]}] {
		broken := object.union(policy, {"freezes": [object.union(policy.freezes[0], change)]})
		stopped(changing, broken) == {"window.frozen", "window.data_malformed"}
		skipping(at("production", "read", "2026-11-24T10:03:00.123Z"), broken)
	}
	without_a_zone := object.union(policy, {"freezes": [json.remove(policy.freezes[0], ["/timezone"])]})
	"window.data_malformed" in stopped(changing, without_a_zone)
}

test_a_malformed_window_is_closed if {
	every change in [{"from": "9:00"}, {"days": ["Tue"]}, {"timezone": "Zurich"}, {"timezone": null}, {"timezone": "Local"}, {"hours": 8}] {
		period := object.union(policy.environments.production.windows[0], change)
		broken := object.union(policy, {"environments": {"production": {"windows": [period]}}})
		"window.closed" in stopped(changing, broken)
	}
}

# A window that spans the change of clocks, and moments around it: what the wall clock shows decides.
changes := [
	# Zurich springs from 02:00 to 03:00 at 01:00Z, and falls from 03:00 to 02:00 at 01:00Z.
	["Europe/Zurich", "Sunday", "01:30", "03:30", {
		"2026-03-29T00:29:59.999Z": false,
		"2026-03-29T00:30:00.000Z": true,
		"2026-03-29T01:00:00.000Z": true,
		"2026-03-29T01:29:59.999Z": true,
		"2026-03-29T01:30:00.000Z": false,
		"2026-10-24T23:29:59.999Z": false,
		"2026-10-24T23:30:00.000Z": true,
		"2026-10-25T01:00:00.000Z": true,
		"2026-10-25T02:29:59.999Z": true,
		"2026-10-25T02:30:00.000Z": false,
	}],
	# A window in the hour that is skipped, and that is repeated.
	["Europe/Zurich", "Sunday", "02:15", "02:45", {
		"2026-03-29T00:59:59.999Z": false,
		"2026-03-29T01:00:00.000Z": false,
		"2026-03-29T01:30:00.000Z": false,
		"2026-10-25T00:14:59.999Z": false,
		"2026-10-25T00:15:00.000Z": true,
		"2026-10-25T00:45:00.000Z": false,
		"2026-10-25T01:15:00.000Z": true,
		"2026-10-25T01:45:00.000Z": false,
	}],
	# Over midnight into the change: Saturday's night.
	["Europe/Zurich", "Saturday", "22:00", "02:30", {
		"2026-03-28T20:59:59.999Z": false,
		"2026-03-28T21:00:00.000Z": true,
		"2026-03-29T00:59:59.999Z": true,
		"2026-03-29T01:00:00.000Z": false,
		"2026-10-24T20:00:00.000Z": true,
		"2026-10-25T00:29:59.999Z": true,
		"2026-10-25T00:30:00.000Z": false,
		"2026-10-25T01:00:00.000Z": true,
		"2026-10-25T01:30:00.000Z": false,
		"2026-10-25T20:00:00.000Z": false,
	}],
	# New York springs from 02:00 to 03:00 at 07:00Z, and falls from 02:00 to 01:00 at 06:00Z.
	["America/New_York", "Sunday", "01:00", "02:00", {
		"2026-03-08T05:59:59.999Z": false,
		"2026-03-08T06:00:00.000Z": true,
		"2026-03-08T07:00:00.000Z": false,
		"2026-11-01T04:59:59.999Z": false,
		"2026-11-01T05:00:00.000Z": true,
		"2026-11-01T06:00:00.000Z": true,
		"2026-11-01T06:59:59.999Z": true,
		"2026-11-01T07:00:00.000Z": false,
	}],
	["America/New_York", "Saturday", "23:00", "01:30", {
		"2026-11-01T02:59:59.999Z": false,
		"2026-11-01T03:00:00.000Z": true,
		"2026-11-01T05:30:00.000Z": false,
		"2026-11-01T06:00:00.000Z": true,
		"2026-11-01T06:30:00.000Z": false,
	}],
	# Lord Howe Island moves by half an hour: from 02:00 to 01:30 at 15:00Z, and from 02:00 to 02:30 at 15:30Z.
	["Australia/Lord_Howe", "Sunday", "01:45", "02:15", {
		"2026-04-04T14:44:59.999Z": false,
		"2026-04-04T14:45:00.000Z": true,
		"2026-04-04T15:00:00.000Z": false,
		"2026-04-04T15:15:00.000Z": true,
		"2026-04-04T15:44:59.999Z": true,
		"2026-04-04T15:45:00.000Z": false,
		"2026-10-03T15:14:59.999Z": false,
		"2026-10-03T15:15:00.000Z": true,
		"2026-10-03T15:30:00.000Z": false,
	}],
	# Casablanca leaves its +01:00 for Ramadan: from 03:00 to 02:00 at 02:00Z, and back at 02:00Z.
	["Africa/Casablanca", "Sunday", "02:00", "03:00", {
		"2026-02-15T00:59:59.999Z": false,
		"2026-02-15T01:00:00.000Z": true,
		"2026-02-15T02:00:00.000Z": true,
		"2026-02-15T02:59:59.999Z": true,
		"2026-02-15T03:00:00.000Z": false,
		"2026-03-22T01:59:59.999Z": false,
		"2026-03-22T02:00:00.000Z": false,
	}],
	["Africa/Casablanca", "Monday", "09:00", "17:00", {
		"2026-02-09T08:00:00.000Z": true,
		"2026-02-09T16:00:00.000Z": false,
		"2026-03-02T08:00:00.000Z": false,
		"2026-03-02T09:00:00.000Z": true,
		"2026-03-02T16:59:59.999Z": true,
		"2026-03-02T17:00:00.000Z": false,
	}],
	# Kathmandu is 05:45 ahead all year.
	["Asia/Kathmandu", "Wednesday", "00:00", "24:00", {
		"2026-06-30T18:14:59.999Z": false,
		"2026-06-30T18:15:00.000Z": true,
		"2026-07-01T18:14:59.999Z": true,
		"2026-07-01T18:15:00.000Z": false,
	}],
]

test_windows_when_clocks_change if {
	every change in changes {
		[timezone, day, from, to, moments] := change
		windows := [{"days": [day], "from": from, "to": to, "timezone": timezone}]
		every time, open in moments {
			opened(at("production", "write", time), {"environments": {"production": {"restricts": ["write"], "windows": windows}}}) == open
		}
	}
}

# A freeze over the same period is in force exactly when the window would be open.
test_freezes_when_clocks_change if {
	every change in changes {
		[timezone, day, from, to, moments] := change
		freeze := {"environments": ["staging"], "effects": ["write"], "days": [day], "from": from, "to": to, "timezone": timezone}
		every time, frozen in moments {
			opened(at("staging", "write", time), {"environments": {"staging": {"restricts": []}}, "freezes": [freeze]}) != frozen
		}
	}
}

opened(call, windows) if {
	passing(call, windows)
} else := false
