package exequatur_test.arguments

import data.exequatur.lib.arguments

call := {"action": {"properties": {"arguments": {
	"name": "web",
	"count": 3,
	"nothing": null,
	"deep": {"a/b": {"c~d": true}, "list": [{"x": 1}], "": "empty", "7": "seven"},
}}}}

holding := [
	{},
	{"/name": {"equals": "web"}},
	{"/name": {"one_of": ["api", "web"]}},
	{"/name": {"pattern": "w[a-e]b"}},
	{"/name": {"pattern": "w(e)b"}},
	{"/name": {"pattern": "(w)(e)b"}},
	{"/name": {"pattern": "(?i)WEB", "one_of": ["web"]}},
	{"/count": {"range": {"min": 3}}},
	{"/count": {"range": {"max": 3}}},
	{"/count": {"range": {"min": -1, "max": 3.5}}, "/name": {"equals": "web"}},
	{"/count": {"equals": 3}},
	{"/nothing": {"equals": null}},
	{"/deep/list": {"equals": [{"x": 1}]}},
	{"/deep/a~1b/c~0d": {"equals": true}},
	{"/other": {"absent": true}},
	{"/name/other": {"absent": true}},
	{"/deep/other": {"absent": true}},
]

failing := [
	{"/name": {"equals": "Web"}},
	{"/name": {"equals": ["web"]}},
	{"/count": {"equals": "3"}},
	{"/name": {"one_of": ["api"]}},
	{"/name": {"one_of": "web"}},
	{"/name": {"one_of": {"a": "web"}}},
	{"/name": {"pattern": "we"}},
	{"/name": {"pattern": "eb"}},
	{"/name": {"pattern": "x|"}},
	{"/name": {"pattern": "web)|(x"}},
	{"/name": {"pattern": "("}},
	{"/name": {"pattern": "["}},
	{"/name": {"pattern": null}},
	{"/count": {"pattern": "3"}},
	{"/count": {"range": {"min": 4}}},
	{"/count": {"range": {"max": 2}}},
	{"/count": {"range": {}}},
	{"/count": {"range": {"minimum": 1}}},
	{"/count": {"range": {"min": "1"}}},
	{"/count": {"range": {"min": 1, "max": null}}},
	{"/count": {"range": [1, 5]}},
	{"/name": {"range": {"min": 1}}},
	{"/nothing": {"absent": true}},
	{"/name": {"absent": true}},
	{"/other": {"absent": false}},
	{"/name": {"absent": false}},
	{"/other": {"absent": true, "equals": "x"}},
	{"/other": {"equals": null}},
	{"/other": {"one_of": [null, ""]}},
	{"/other": {"pattern": ".*"}},
	{"/other": {"range": {"min": 0}}},
	{"/name": {"matches": "web"}},
	{"/name": {"equals": "web", "matches": "web"}},
	{"/name": {}},
	{"/name": "web"},
	{"/name": null},
	{"/name": ["equals", "web"]},
	{"name": {"equals": "web"}},
	{"other": {"absent": true}},
	{"": {"absent": true}},
	{"/": {"absent": true}},
	{"/deep/": {"equals": "empty"}},
	{"/deep/7": {"equals": "seven"}},
	{"/deep/list/0/x": {"equals": 1}},
	{"/deep/list/9": {"absent": true}},
	{"/oth~2er": {"absent": true}},
	{"/name": {"equals": "web"}, "/count": {"equals": 4}},
	[],
	null,
	"web",
]

test_holding if {
	every constraints in holding { arguments.satisfy(constraints) with input as call }
}

test_failing if {
	every constraints in failing { not arguments.satisfy(constraints) with input as call }
}

test_without_arguments_nothing_holds if {
	every absent in [{}, {"action": {}}, {"action": {"properties": {"arguments": null}}}, {"action": {"properties": {"arguments": []}}}] {
		not arguments.satisfy({}) with input as absent
		not arguments.satisfy({"/other": {"absent": true}}) with input as absent
	}
}

test_unsatisfied_names_the_pointers if {
	arguments.unsatisfied({"/name": {"equals": "web"}, "/count": {"equals": 4}, "/x": {"pattern": "y"}}) == {"/count", "/x"} with input as call
}
