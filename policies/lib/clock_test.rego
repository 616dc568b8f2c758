package exequatur_test.clock

import data.exequatur.lib.clock

at(time) := {"facts": {"time": time}}

# The days of 2026 on which clocks change, a second before, at and an hour after.
walls := {
	"Europe/Zurich": {
		"2026-03-29T00:59:59.999Z": "2026-03-29T01:59 Sunday",
		"2026-03-29T01:00:00.000Z": "2026-03-29T03:00 Sunday",
		"2026-10-25T00:59:59.999Z": "2026-10-25T02:59 Sunday",
		"2026-10-25T01:00:00.000Z": "2026-10-25T02:00 Sunday",
		"2026-10-25T02:00:00.000Z": "2026-10-25T03:00 Sunday",
	},
	"America/New_York": {
		"2026-03-08T06:59:59.999Z": "2026-03-08T01:59 Sunday",
		"2026-03-08T07:00:00.000Z": "2026-03-08T03:00 Sunday",
		"2026-11-01T05:59:59.999Z": "2026-11-01T01:59 Sunday",
		"2026-11-01T06:00:00.000Z": "2026-11-01T01:00 Sunday",
		"2026-11-01T07:00:00.000Z": "2026-11-01T02:00 Sunday",
		"2026-11-01T03:59:59.999Z": "2026-10-31T23:59 Saturday",
	},
	"Australia/Lord_Howe": {
		"2026-04-04T14:59:59.999Z": "2026-04-05T01:59 Sunday",
		"2026-04-04T15:00:00.000Z": "2026-04-05T01:30 Sunday",
		"2026-04-04T15:30:00.000Z": "2026-04-05T02:00 Sunday",
		"2026-10-03T15:29:59.999Z": "2026-10-04T01:59 Sunday",
		"2026-10-03T15:30:00.000Z": "2026-10-04T02:30 Sunday",
	},
	"Africa/Casablanca": {
		"2026-02-15T01:59:59.999Z": "2026-02-15T02:59 Sunday",
		"2026-02-15T02:00:00.000Z": "2026-02-15T02:00 Sunday",
		"2026-02-15T03:00:00.000Z": "2026-02-15T03:00 Sunday",
		"2026-03-22T01:59:59.999Z": "2026-03-22T01:59 Sunday",
		"2026-03-22T02:00:00.000Z": "2026-03-22T03:00 Sunday",
	},
	"Asia/Kathmandu": {
		"2026-07-01T18:14:59.999Z": "2026-07-01T23:59 Wednesday",
		"2026-07-01T18:15:00.000Z": "2026-07-02T00:00 Thursday",
	},
	"UTC": {"2026-12-31T23:59:59.999Z": "2026-12-31T23:59 Thursday"},
}

test_wall_clocks if {
	every timezone, moments in walls {
		every time, moment in moments { clock.wall(timezone) == moment with input as at(time) }
	}
}

test_no_time_zone_of_the_machine if {
	every timezone in ["", "Local", "Europe/Nowhere", null, 1, {}] {
		not told(timezone) with input as at("2026-11-24T10:03:00.123Z")
	}
}

test_no_time_no_wall_clock if {
	every time in ["", "now", "2026-13-01T00:00:00Z", "2026-11-24", null, 1764000000] {
		not told("UTC") with input as at(time)
	}
	not told("UTC") with input as {}
}

told(timezone) if is_string(clock.wall(timezone))

working_hours := {"days": ["Monday", "Thursday"], "from": "09:00", "to": "16:00", "timezone": "UTC"}

night := {"days": ["Sunday"], "from": "22:30", "to": "02:15", "timezone": "UTC"}

evening := {"days": ["Sunday"], "from": "22:30", "to": "24:00", "timezone": "UTC"}

until_midnight := {"days": ["Sunday"], "from": "22:30", "to": "00:00", "timezone": "UTC"}

once := {"from": "2026-11-24T20:00", "to": "2026-11-26T06:30", "timezone": "UTC"}

whole_day := {"from": "2026-02-28T00:00", "to": "2026-02-28T24:00", "timezone": "UTC"}

covered := [
	[working_hours, "2026-11-23T09:00 Monday"],
	[working_hours, "2026-11-26T15:59 Thursday"],
	[night, "2026-11-22T22:30 Sunday"],
	[night, "2026-11-22T23:59 Sunday"],
	[night, "2026-11-23T00:00 Monday"],
	[night, "2026-11-23T02:14 Monday"],
	[evening, "2026-11-22T23:59 Sunday"],
	[until_midnight, "2026-11-22T23:59 Sunday"],
	[once, "2026-11-24T20:00 Tuesday"],
	[once, "2026-11-25T12:00 Wednesday"],
	[once, "2026-11-26T06:29 Thursday"],
	[whole_day, "2026-02-28T00:00 Saturday"],
	[whole_day, "2026-02-28T23:59 Saturday"],
]

uncovered := [
	[working_hours, "2026-11-23T08:59 Monday"],
	[working_hours, "2026-11-23T16:00 Monday"],
	[working_hours, "2026-11-24T12:00 Tuesday"],
	[night, "2026-11-22T22:29 Sunday"],
	[night, "2026-11-23T02:15 Monday"],
	[night, "2026-11-23T22:30 Monday"],
	[night, "2026-11-22T02:14 Sunday"],
	[evening, "2026-11-23T00:00 Monday"],
	[until_midnight, "2026-11-23T00:00 Monday"],
	[once, "2026-11-24T19:59 Tuesday"],
	[once, "2026-11-26T06:30 Thursday"],
	[once, "2027-11-25T12:00 Thursday"],
	[whole_day, "2026-02-27T23:59 Friday"],
	[whole_day, "2026-03-01T00:00 Sunday"],
]

test_covered if {
	every case in covered { clock.covers(case[0], case[1]) }
}

test_uncovered if {
	every case in uncovered { clock.covers(case[0], case[1]) == false }
}

test_every_day_has_an_eve if {
	every day, eve in {"Monday": "Sunday", "Tuesday": "Monday", "Wednesday": "Tuesday", "Thursday": "Wednesday", "Friday": "Thursday", "Saturday": "Friday", "Sunday": "Saturday"} {
		clock.covers(object.union(night, {"days": [eve]}), concat(" ", ["2026-11-22T01:00", day]))
		clock.covers(object.union(night, {"days": [day]}), concat(" ", ["2026-11-22T01:00", day])) == false
	}
}

malformed := [
	{"days": []},
	{"days": null},
	{"days": "Monday"},
	{"days": ["monday"]},
	{"days": ["Monday", "Mon"]},
	{"from": "9:00"},
	{"from": "09.00"},
	{"from": "09:0a"},
	{"from": "0900:"},
	{"from": "09:60"},
	{"from": "24:00"},
	{"from": "24:30"},
	{"from": "16:00"},
	{"from": 900},
	{"from": null},
	{"to": "25:00"},
	{"to": "16:00:00"},
	{"to": "+1:00"},
	{"to": ""},
]

malformed_once := [
	{"from": "2026-11-24"},
	{"from": "2026-11-24 20:00"},
	{"from": "2026-11-24T20:00Z"},
	{"from": "2026-13-24T20:00"},
	{"from": "2026-00-24T20:00"},
	{"from": "2026-1a-24T20:00"},
	{"from": "2026111124T20:00"},
	{"from": "202-11-0024T20:00"},
	{"from": "202-011-24T20:00"},
	{"from": "2026--11-4T20:00"},
	{"from": "20261-11-4T20:00"},
	{"from": "202-11-244T20:00"},
	{"from": "a026-11-24T20:00"},
	{"from": "2026-11-2aT20:00"},
	{"from": "2026-11-32T20:00"},
	{"from": "2026-11-00T20:00"},
	{"from": "2026-1-24T020:00"},
	{"from": "2026-11-3xT20:00"},
	{"from": "26-11-0024T20:00"},
	{"from": "2026111024T20:00"},
	{"from": "2026-11-24T20:60"},
	{"from": "2026-11-26T06:30"},
	{"from": "2026-11-27T06:30"},
	{"from": null},
	{"to": 2026},
	{"days": null},
]

test_malformed_periods_are_neither if {
	every change in malformed { not told_of(object.union(working_hours, change)) }
	every change in malformed_once { not told_of(object.union(once, change)) }
	every key in ["days", "from", "to"] { not told_of(json.remove(working_hours, [key])) }
	every key in ["from", "to"] { not told_of(json.remove(once, [key])) }
	not told_of(null)
	not told_of("always")
}

told_of(period) if is_boolean(clock.covers(period, "2026-11-23T10:00 Monday"))
