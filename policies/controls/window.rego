# METADATA
# title: Changes happen when they may
# description: |
#   Concerns a call whose effect its environment restricts, or that a freeze is about. Passes when every environment that restricts
#   the effect has an open window and no freeze is in force; or on the emergency path, for which the principal needs one of the
#   emergency's own roles and the request a ticket, and which a freeze allows only where it says so. The ticket is only asserted: it
#   is noted in the verdict and suffices for nothing by itself. An environment that data.window does not describe has the restrictions
#   of all of them. How periods are meant: lib/clock.rego.
package exequatur.controls.window

import data.exequatur.lib.clock
import data.exequatur.lib.environments
import data.exequatur.lib.roles
import data.exequatur.lib.tools

skip if {
	well_formed
	count(restricting) == 0
	count(concerning) == 0
}

pass if ordinary

pass if emergency

# METADATA
# description: Windows are open for whatever restricts the call, and no freeze about it is in force.
ordinary if {
	not skip
	well_formed
	every name in restricting { open(name) }
	every freeze in concerning { thawed(freeze) }
}

emergency if {
	not skip
	not ordinary
	well_formed
	entitled
	ticketed
	is_string(tools.effect)
	is_number(clock.now)
	every name in restricting { described(name) }
	every freeze in concerning { yields(freeze) }
}

notes contains {
	"code": "window.emergency",
	"message": concat("", ["Passed on the emergency path with ticket ", input.context.ticket, ", which is only asserted."]),
} if {
	emergency
}

# The data has no key but those there are, so that none was misspelt, and describes an environment.
well_formed if {
	object.remove(data.window, {"environments", "freezes", "emergency"}) == {}
	is_array(freezes)
	count(applying) > 0
}

applying := environments.applying(data.window.environments)

freezes := object.get(data.window, "freezes", [])

# The environments that do not show themselves to leave the effect unrestricted.
restricting := [name | some name in applying; not unrestricted(name)]

# The freezes that do not show themselves to be about something else.
concerning := [freeze | some freeze in freezes; not unconcerned(freeze)]

unrestricted(name) if {
	described(name)
	tools.unaffected(data.window.environments[name].restricts)
}

described(name) if {
	environment := data.window.environments[name]
	keyed(environment)
	tools.are_effects(environment.restricts)
	is_array(object.get(environment, "windows", []))
}

# With one key it is the one that is read in any case, and the costlier comparison is spared.
keyed(environment) if {
	count(environment) == 1
	is_object(environment)
} else if object.remove(environment, {"description", "restricts", "windows"}) == {}

open(name) if {
	described(name)
	is_string(tools.effect)
	some period in data.window.environments[name].windows
	object.remove(period, {"name", "days", "from", "to", "timezone"}) == {}
	clock.covers(period, walls[period.timezone])
}

unconcerned(freeze) if {
	tools.are_effects(freeze.effects)
	tools.unaffected(freeze.effects)
} else if {
	are_environments(freeze.environments)
	every name in applying { not name in freeze.environments }
}

# A freeze about an environment that nobody describes is a freeze that somebody misspelt.
are_environments(names) if {
	is_array(names)
	every name in names { _ = data.window.environments[name] }
}

about(freeze) if {
	keys := {"name", "environments", "effects", "days", "from", "to", "timezone", "emergency"}
	object.remove(freeze, keys) == {}
	are_environments(freeze.environments)
	tools.are_effects(freeze.effects)
}

thawed(freeze) if {
	about(freeze)
	clock.covers(freeze, walls[freeze.timezone]) == false
}

yields(freeze) if {
	about(freeze)
	freeze.emergency == true
} else if thawed(freeze)

entitled if {
	not skip
	object.remove(data.window.emergency, {"description", "roles"}) == {}
	some role in data.window.emergency.roles
	role in roles.effective
}

# Something like an identifier: it will stand in the verdict.
ticketed if {
	not skip
	ticket := input.context.ticket
	is_string(ticket)
	ticket != ""
	count(ticket) <= 64
	trim(ticket, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./#") == ""
}

# A wall clock is asked once, however many periods go by it.
walls[timezone] := clock.wall(timezone) if some timezone in timezones

timezones contains data.window.environments[name].windows[_].timezone if some name in restricting

timezones contains freeze.timezone if some freeze in concerning

failing if {
	not skip
	not pass
}

reasons contains {
	"code": "window.unknown_tool",
	"message": "The tool and its effect are in no catalogue that counts, so no window is open for it. Use a tool that is listed.",
} if {
	failing
	not tools.effect
}

reasons contains {
	"code": "window.environment_unknown",
	"message": "The environment of the call is not known, so the restrictions of all of them apply. Say it in the arguments, or ask an operator.",
} if {
	failing
	not environments.known(data.window.environments)
}

reasons contains {"code": "window.closed", "message": message} if {
	failing
	some name in restricting
	described(name)
	not open(name)
	message := concat("", [
		name, " is not open for ", tools.effect, " now. ", opening(name), way_out(data.window),
	])
}

way_out(windows) := " In an emergency, somebody who is on call can do it with a ticket." if {
	count(windows.emergency.roles) > 0
} else := ""

opening(name) := concat("", ["It opens ", concat("; ", periods), "."]) if {
	periods := [when(period) | some period in data.window.environments[name].windows]
	count(periods) > 0
} else := "It has no window."

reasons contains {
	"code": "window.frozen",
	"message": concat("", [
		"A freeze forbids ", tools.effect, ": ", object.get(freeze, "name", "without a name"), ", ", when(freeze),
		". Wait for its end.",
	]),
} if {
	failing
	some freeze in concerning
	about(freeze)
	not thawed(freeze)
}

reasons contains {
	"code": "window.emergency_ticket_missing",
	"message": "The role allows the emergency path, but the request names no ticket. Send its identifier in context.ticket.",
} if {
	failing
	entitled
	every freeze in concerning { yields(freeze) }
	not ticketed
}

reasons contains {
	"code": "window.data_malformed",
	"message": "The operators' data about windows cannot be relied upon, so nothing is open. Ask an operator to check it.",
} if {
	failing
	not readable
}

readable if {
	failing
	well_formed
	every name in applying { described(name) }
	every freeze in freezes { about(freeze) }
	every name in restricting {
		every period in object.get(data.window.environments[name], "windows", []) { settled(period) }
	}
	every freeze in concerning { settled(freeze) }
}

settled(period) if is_boolean(clock.covers(period, walls[period.timezone]))

# "Monday, Tuesday 09:00 to 16:00 Europe/Zurich"
when(period) := concat(" ", [concat(", ", period.days), period.from, "to", period.to, period.timezone]) if {
	is_array(period.days)
} else := concat(" ", [period.from, "to", period.to, period.timezone]) if {
	not clock.has_days(period)
} else := "at times that cannot be read"
