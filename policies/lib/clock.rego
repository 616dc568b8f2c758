# METADATA
# title: The decision's time
# description: |
#   Everything is reckoned from facts.time, so that a decision can be replayed.
#
#   Operators write local wall-clock times. Weekly periods are {days, from, to, timezone}: full English weekdays, times HH:MM, `from`
#   inclusive, `to` exclusive and at most 24:00; with `to` before `from` the period runs over midnight into the next day, and the
#   weekday is that of its beginning. One-off periods are {from, to, timezone} with moments YYYY-MM-DDTHH:MM. Time zones are names of
#   the IANA database.
#
#   What a wall clock shows decides, also on the days on which clocks change: a time that is skipped in spring never comes, one that
#   is repeated in autumn comes twice, and a period that spans the change is an hour (on Lord Howe Island half an hour) shorter or
#   longer. A period that has to be exact to the minute there is written in the time zone UTC.
package exequatur.lib.clock

# METADATA
# description: Nanoseconds since 1970.
now := time.parse_rfc3339_ns(input.facts.time) if is_string(input.facts.time)

# METADATA
# description: What a wall clock in a time zone shows, as "2006-01-02T15:04 Monday". The machine's own time zone is none.
wall(timezone) := time.format([now, timezone, "2006-01-02T15:04 Monday"]) if {
	is_string(timezone)
	not timezone in {"", "Local"}
}

# METADATA
# description: Whether a period covers a moment, written as `wall` does. Undefined when the period is malformed.
covers(period, moment) := once(period, substring(moment, 0, 16)) if {
	not has_days(period)
	is_moment(period.from)
	is_moment(period.to)
	period.from < period.to
} else := weekly(period, substring(moment, 17, -1), substring(moment, 11, 5)) if {
	is_array(period.days)
	count(period.days) > 0
	every day in period.days { _ = eve[day] }
	is_time(period.from)
	is_time(period.to)
	period.from != period.to
	period.from != "24:00"
}

has_days(period) if _ = period.days

once(period, moment) if {
	period.from <= moment
	moment < period.to
} else := false

weekly(period, day, time_of_day) if {
	day in period.days
	period.from <= time_of_day
	before_end(period, time_of_day)
} else if {
	period.to < period.from
	eve[day] in period.days
	time_of_day < period.to
} else := false

before_end(period, _) if period.to < period.from

before_end(period, time_of_day) if time_of_day < period.to

eve := {
	"Monday": "Sunday",
	"Tuesday": "Monday",
	"Wednesday": "Tuesday",
	"Thursday": "Wednesday",
	"Friday": "Thursday",
	"Saturday": "Friday",
	"Sunday": "Saturday",
}

is_time(text) if {
	is_string(text)
	count(text) == 5
	trim(text, "0123456789") == ":"
	indexof(text, ":") == 2
	substring(text, 3, 2) < "60"
	text <= "24:00"
}

is_moment(text) if {
	is_string(text)
	count(text) == 16
	substring(text, 10, 1) == "T"
	is_date(substring(text, 0, 10))
	is_time(substring(text, 11, 5))
}

# Of ten characters, without the digits at both ends: the month between its dashes. A date that no calendar has, such as
# 31 February, orders where it would stand.
is_date(text) if {
	month := trim(text, "0123456789")
	count(month) == 4
	contains("-01-02-03-04-05-06-07-08-09-10-11-12-", month)
	indexof(text, "-") == 4
	day := substring(text, 8, 2)
	day >= "01"
	day <= "31"
}
