package exequatur_test.destructive

import data.exequatur.controls.destructive
import data.exequatur_test.destructive_cases as cases
import data.exequatur_test.fixture

argument := {"sql": "sql", "shell": "command", "auto": "input"}

# The operators' data is the tests' own; what destroys is what ships.
operators := {
	"exceptions": [],
	"plan_covers": {},
	"environments": ["development", "staging", "production"],
	"interpret": {},
	"names": {
		"sql": "sql", "query": "sql", "command": "shell", "args": "shell", "code": "both", "text": "text", "body": "text",
		"odd": "odd",
	},
	"executors": ["exec", "run"],
	"limits": {"analysed": 4000, "suspicious": 2000},
	"bulk": {
		"recipients": 3,
		"tools": {"mail": {"send-batch": 1}},
		"always": {"mail": {"send-broadcast": true}},
		"senders": ["mail", "slack"],
		"broadcasts": ["<!channel", "@here"],
	},
	"knowledge": data.destructive.knowledge,
}

with_data(changes) := object.union(operators, changes)

made(arguments) := fixture.of_tool("files", "work", "write", arguments)

# The codes of a refusal; none when the control passes, undefined when it does neither.
refusals(call, settings) := codes if {
	reasons := destructive.reasons with input as call with data.destructive as settings
	codes := fixture.codes(reasons)
	consistent(call, settings, codes)
}

consistent(_, _, codes) if count(codes) > 0

consistent(call, settings, set()) if destructive.pass with input as call with data.destructive as settings

test_malign if {
	some_missed := [[kind, text] |
		some [kind, text, operation] in cases.malign
		not concat(".", ["destructive", operation]) in refusals(made({argument[kind]: text}), operators)
	]
	some_missed == []
	count(cases.malign) > 400
}

test_malign_in_a_tool_that_reads if {
	every i in numbers.range_step(0, count(cases.malign) - 1, 10) {
		[kind, text, operation] := cases.malign[i]
		call := fixture.of_tool("files", "work", "read", {argument[kind]: text})
		concat(".", ["destructive", operation]) in refusals(call, operators)
	}
}

test_benign if {
	refused := [[kind, text] |
		some [kind, text] in cases.benign
		refusals(made({argument[kind]: text}), operators) != set()
	]
	refused == []
	count(cases.benign) > 150
}

# Nothing of what is malign as a command is looked for where text is text.
test_text_is_text if {
	every case in cases.malign {
		refusals(made({"text": case[1]}), operators) == set()
	}
}

test_code_is_both if {
	every text in ["DROP TABLE users", "rm -rf /", "x; sudo rm -rf /", "os.remove(1); shutil.rmtree('/')"] {
		count(refusals(made({"code": text}), operators)) > 0
	}
}

test_every_refusal_says_where_and_never_what if {
	call := made({"a/b": {"~c": ["ls", "DROP TABLE secret_table"]}})
	reasons := destructive.reasons with input as call with data.destructive as operators
	reasons == {{
		"code": "destructive.sql_drop",
		"message": concat(" ", [
			"The argument /a~1b/~0c/1 drops an object of a database.",
			"Leave that out or narrow it, have it put into a signed plan, or ask an operator for an exception.",
		]),
	}}
}

test_effects if {
	every effect in ["read", "write"] {
		refusals(fixture.of_tool("files", "work", effect, {}), operators) == set()
	}
	refusals(fixture.of_tool("files", "work", "destructive", {}), operators) == {"destructive.tool"}
	every effect in ["", "Read", null, true, 1, ["read"]] {
		refusals(fixture.of_tool("files", "work", effect, {}), operators) == {"destructive.tool_unknown"}
	}
	refusals(fixture.unknown_tool, operators) == {"destructive.tool_unknown"}
}

test_nothing_is_no_call if {
	not destructive.pass with input as {} with data.destructive as operators
	not destructive.pass with input as fixture.call with data.destructive as {}
	not destructive.skip
}

test_absent_arguments_are_not_empty_ones if {
	refusals(made({}), operators) == set()
	every path in ["/action/properties/arguments", "/action/properties", "/action"] {
		call := json.remove(made({"path": "x"}), [path])
		refusals(call, operators) == {"destructive.arguments_missing"}
	}
	every value in [null, true, 1, "rm", ["rm"], []] {
		call := json.patch(made({}), [{"op": "replace", "path": "/action/properties/arguments", "value": value}])
		"destructive.arguments_missing" in refusals(call, operators)
	}
}

test_lists_are_commands if {
	every name in ["args", "argv", "input", "command"] {
		refusals(made({name: ["rm", "-rf", "/"]}), operators) == {"destructive.rm_recursive"}
		refusals(made({name: ["ls", "-la", "/"]}), operators) == set()
	}
	refusals(made({"args": ["/bin/rm", "-rf", "/"]}), operators) == {"destructive.rm_recursive"}
	refusals(made({"text": ["rm", "-rf", "/"]}), operators) == set()
	refusals(made({"args": ["rm", 1, "-rf"]}), operators) == set()
	refusals(made({"command": "rm", "args": ["-rf", "/"]}), operators) == {"destructive.rm_recursive"}
	refusals(made({"a": [{"program": "git", "arguments": ["push", "-f"]}]}), operators) == {"destructive.git_push_force"}
	refusals(made({"command": "git", "args": ["status"]}), operators) == set()
	refusals(made({"command": "rm", "args": "-rf /"}), operators) == set()
}

test_names_of_members if {
	refusals(made({"rm -rf /": true}), operators) == {"destructive.rm_recursive"}
	refusals(made({"a": {"DROP TABLE x": 1}}), operators) == {"destructive.sql_drop"}
	refusals(made({"dropDatabase": 1}), operators) == {"destructive.mongo_drop"}
	refusals(made({"a": [{"deleteMany": {"filter": {}}}]}), operators) == {"destructive.mongo_delete_all"}
	refusals(made({"dropDatabase": false, "drop": null}), operators) == set()
}

test_operations_of_an_api if {
	every text in ["delete", "DELETE", "Delete_User", "DeleteBucket", "terminate-instances", "destroy -force", "drop"] {
		refusals(made({"action": text}), operators) == {"destructive.verb"}
	}
	refusals(made({"run_type": "is_destroy"}), operators) == {"destructive.terraform_destroy"}
	refusals(made({"run_type": "plan_only"}), operators) == set()
	refusals(made({"action": "deleted"}), operators) == set()
	refusals(made({"method": "GET"}), operators) == set()
	refusals(made({"word": "delete"}), operators) == set()
}

test_options if {
	refusals(made({"force_push": true}), operators) == {"destructive.flag"}
	refusals(made({"a": {"forcePush": true}}), operators) == {"destructive.flag"}
	refusals(made({"forcePush": false}), operators) == set()
	refusals(made({"force": true}), operators) == set()
	refusals(fixture.of_tool("git", "git_push", "write", {"force": true}), operators) == {"destructive.flag"}
	refusals(made({"replicas": 0}), operators) == {"destructive.kubectl_scale_zero"}
	refusals(made({"replicas": 1}), operators) == set()
}

test_an_unknown_tool_has_every_option if {
	call := json.patch(fixture.unknown_tool, [{"op": "add", "path": "/action/properties/arguments", "value": {"force": true}}])
	refusals(call, operators) == {"destructive.flag", "destructive.tool_unknown"}
}

mail(tool, arguments) := fixture.of_tool("mail", tool, "write", arguments)

test_bulk_sends if {
	refusals(mail("send", {"to": ["a@x", "b@x", "c@x"]}), operators) == set()
	refusals(mail("send", {"to": ["a@x", "b@x"], "cc": ["c@x"], "bcc": "d@x"}), operators) == {"destructive.bulk_send"}
	refusals(mail("send", {"to": "a@x, b@x; c@x, d@x"}), operators) == {"destructive.bulk_send"}
	refusals(mail("send-batch", {"emails": [{"to": "a@x"}]}), operators) == set()
	refusals(mail("send-batch", {"emails": [{"to": "a@x"}, {"to": ["b@x"]}]}), operators) == {"destructive.bulk_send"}
	refusals(mail("send-broadcast", {}), operators) == {"destructive.bulk_send"}
	refusals(made({"to": ["a", "b", "c", "d"]}), operators) == set()
	call := json.patch(fixture.unknown_tool, [{"op": "add", "path": "/action/properties/arguments", "value": {"to": ["a", "b", "c", "d"]}}])
	"destructive.bulk_send" in refusals(call, operators)
}

test_broadcasts if {
	every text in ["<!channel> hi", "hi @HERE", "<!channel|x>"] {
		refusals(fixture.of_tool("slack", "post", "write", {"text": text}), operators) == {"destructive.broadcast"}
		refusals(made({"text": text}), operators) == set()
	}
	refusals(fixture.of_tool("slack", "post", "write", {"text": "hi <@U1>, a@x"}), operators) == set()
	call := json.patch(fixture.unknown_tool, [{"op": "add", "path": "/action/properties/arguments", "value": {"text": "@here"}}])
	"destructive.broadcast" in refusals(call, operators)
}

interpreted(kind) := with_data({"interpret": {"files": {"work": {
	"/input": kind,
	"/list/*/x": "text",
	"/list/*/x/deep": "shell",
}}}})

test_interpretations if {
	refusals(made({"input": "a DROP TABLE x"}), interpreted("auto")) == set()
	refusals(made({"input": "a DROP TABLE x"}), interpreted("sql")) == {"destructive.sql_drop"}
	refusals(made({"input": "a rm -rf /"}), interpreted("shell")) == {"destructive.rm_recursive"}
	refusals(made({"input": "a rm -rf /"}), interpreted("both")) == {"destructive.rm_recursive"}
	refusals(made({"input": "a rm -rf /"}), interpreted("no such kind")) == {"destructive.rm_recursive"}
	refusals(made({"input": "a rm -rf /"}), interpreted(null)) == {"destructive.rm_recursive"}
	refusals(made({"input": "rm -rf /"}), interpreted("text")) == set()
	refusals(made({"input": {"below": ["rm -rf /"]}}), interpreted("text")) == set()
	refusals(made({"inputs": "rm -rf /"}), interpreted("text")) == {"destructive.rm_recursive"}
	refusals(made({"list": [{"x": "rm -rf /"}]}), interpreted("text")) == set()
	refusals(made({"list": [{"x": {"deep": "a rm -rf /"}}]}), interpreted("text")) == {"destructive.rm_recursive"}
	refusals(made({"list": [{"y": "rm -rf /"}]}), interpreted("text")) == {"destructive.rm_recursive"}
	refusals(fixture.of_tool("files", "other", "write", {"input": "rm -rf /"}), interpreted("text")) == {"destructive.rm_recursive"}
}

test_names_tell_how_to_read if {
	every name in ["my_sql", "SQL", "rawSql"] {
		refusals(made({name: "a DROP TABLE x"}), operators) == {"destructive.sql_drop"}
	}
	every name in ["cli_command", "Cmd", "shell_line", "bash", "postScript", "odd"] {
		refusals(made({name: "a rm -rf /"}), operators) == {"destructive.rm_recursive"}
	}
	every name in ["description", "input", "x"] {
		refusals(made({name: "a rm -rf /"}), operators) == set()
	}
	refusals(made({"body": "rm -rf /"}), operators) == set()
	refusals(made({"Body": [["rm -rf /"]]}), operators) == set()
	refusals(made({"body": [{"x": "rm -rf /"}]}), operators) == {"destructive.rm_recursive"}
}

test_text_is_no_text_for_a_tool_that_runs_things if {
	every tool in ["run_x", "Execute"] {
		call := fixture.of_tool("files", tool, "write", {"text": "rm -rf /"})
		refusals(call, operators) == {"destructive.rm_recursive"}
	}
}

# A name with a line break shifts nothing.
test_no_name_hides_another if {
	refusals(made({"a\nb": "x", "text": "DROP TABLE x", "input": "rm -rf /"}), operators) == {"destructive.rm_recursive"}
}

long(n) := concat("", [digits | some _ in numbers.range(1, n); digits := "0123456789"])

test_limits if {
	refusals(made({"input": long(390)}), operators) == set()
	refusals(made({"x": long(390)}), operators) == set()
	refusals(made({"input": long(400)}), operators) == {"destructive.too_long_to_analyse"}
	refusals(made({"text": long(400)}), operators) == set()
	refusals(made({"input": concat("", ["rm -rf /", long(100)])}), operators) == {"destructive.rm_recursive"}
	refusals(made({"input": concat("", ["rm x", long(200)])}), operators) == {"destructive.too_long_to_analyse"}
	refusals(made({"command": concat("", [long(40), "; rm -rf /"])}), operators) == {"destructive.rm_recursive"}
	refusals(fixture.of_tool("files", "work", "read", {"input": long(400)}), operators) == {"destructive.too_long_to_analyse"}
}

exception := {
	"environments": ["staging"],
	"roles": ["cleaner"],
	"server": "files",
	"tool": "work",
	"operations": ["sql_delete_all", "tool"],
	"description": "The cleaner cleans.",
}

access := {"roles": {"cleaner": {}, "clerk": {}}, "bindings": {"https://idp.example": {"alice": ["cleaner"]}}}

excepted(change, facts) if {
	call := object.union(made({"sql": "DELETE FROM users"}), {"facts": object.union({"environment": "staging"}, facts)})
	destructive.pass with input as call
		with data.destructive as with_data({"exceptions": [object.union(exception, change)]})
		with data.access as access
}

test_exceptions if {
	excepted({}, {})
	every change in [
		{"environments": ["*"]}, {"environments": ["sta*"]}, {"roles": ["*"]}, {"roles": ["cl*"]}, {"tool": "*"}, {"server": "f*"},
		{"operations": ["*"]}, {"operations": ["sql_*"]}, {"until": "2026-11-24T10:03:01Z"}, {"until": "2026-11-24T12:03:01+02:00"},
	] {
		excepted(change, {})
	}
}

test_exceptions_that_are_not_about_this if {
	every change in [
		{"environments": ["production"]}, {"environments": []}, {"environments": null}, {"environments": "staging"}, {"roles": ["clerk"]},
		{"roles": []}, {"roles": "cleaner"}, {"tool": "other"}, {"server": "other"}, {"operations": ["sql_drop"]}, {"operations": []},
		{"operations": "*"}, {"until": "2026-11-24T10:03:00Z"}, {"until": ""}, {"until": null}, {"until": "2026-11-25"}, {"until": 1},
		{"untill": "2026-11-25T00:00:00Z"}, {"tool": null},
	] {
		not excepted(change, {})
	}
}

test_exceptions_and_broken_facts if {
	every facts in [
		{"environment": "unknown"}, {"environment": "production"}, {"environment": ""}, {"environment": null},
		{"principal": {"id": "bob"}}, {"principal": {"issuer": "https://other"}}, {"principal": {"authenticated": false}},
		{"principal": {"roles": "cleaner"}},
	] {
		not excepted({}, facts)
	}
	every time in ["", "broken", null, 1] {
		not excepted({"until": "2027-01-01T00:00:00Z"}, {"time": time})
	}
}

test_a_glob_for_environments_is_for_known_ones if {
	every name in ["unknown", "elsewhere", ""] {
		not excepted({"environments": ["*"]}, {"environment": name})
	}
	excepted({"environments": ["unknown"]}, {"environment": "unknown"})
	not excepted({"environments": ["*"]}, {"environment": "production"}) == false
}

# What is about the whole call is excepted like the rest, but each thing by itself.
test_every_operation_has_to_be_excepted if {
	call := object.union(
		fixture.of_tool("files", "work", "destructive", {"sql": "DELETE FROM users; DROP TABLE users"}),
		{"facts": {"environment": "staging"}},
	)
	settings := with_data({"exceptions": [exception]})
	codes := fixture.codes(destructive.reasons) with input as call with data.destructive as settings with data.access as access
	codes == {"destructive.sql_drop"}
}

planned(facts, covers) if {
	call := object.union(made({"sql": "DROP TABLE users"}), {"facts": {"plan": object.union(fixture.plan, facts)}})
	destructive.pass with input as call with data.destructive as with_data({"plan_covers": covers})
}

test_plans if {
	planned({}, {"development": true})
	planned({"call": "repeated"}, {"development": true})
	every covers in [{}, {"development": false}, {"development": "true"}, {"staging": true}, {"*": true}] {
		not planned({}, covers)
	}
	every facts in [
		{"named": false}, {"known": false}, {"hash": null}, {"step": null}, {"signatures": {"verified": false}}, {"signatures": {"by": []}},
		{"valid": false}, {"agent_matches": false}, {"audience_matches": false}, {"step_matches": false}, {"in_order": false},
		{"used": true}, {"used": null}, {"valid": "true"}, {"call": "missing"}, {"call": "conflict"}, {"call": null},
	] {
		not planned(facts, {"development": true})
	}
}

test_the_facts_are_about_the_tool_that_is_named if {
	every id in ["files/other", "other/work", "files", "", "files/work/", "Work"] {
		call := object.union(made({}), {"resource": {"id": id}})
		refusals(call, operators) == {"destructive.names_disagree"}
	}
	refusals(object.union(made({}), {"resource": {"id": "work"}}), operators) == set()
	refusals(object.union(made({}), {"resource": {"id": "work", "properties": {"server": "files"}}}), operators) == set()
	refusals(object.union(made({}), {"resource": {"id": "work", "properties": {"server": "other"}}}), operators) == {"destructive.names_disagree"}
	call := object.union(made({}), {"facts": {"tool": {"known": "true"}}})
	not destructive.pass with input as call with data.destructive as operators
}

test_broken_data if {
	call := made({"input": "ls"})
	every key, _ in operators {
		refusals(call, object.remove(operators, [key])) == {"destructive.data_malformed"}
		every value in [null, true, "broken", 7] {
			"destructive.data_malformed" in refusals(call, object.union(object.remove(operators, [key]), {key: value}))
		}
	}
}

# A rule of the table that is no rule refuses whatever calls its program.
test_broken_rules if {
	every rules in [
		null, "rm", {}, [null], [{}], [{"code": "x"}], [{"needs": []}], [{"code": 1, "needs": []}], [{"code": "x", "needs": "-r"}],
		[{"code": "x", "needs": ["-r"]}], [{"code": "x", "needs": [[1]]}], [{"code": "x", "needs": [], "unless": []}],
	] {
		knowledge := object.union(data.destructive.knowledge, {"commands": object.union(data.destructive.knowledge.commands, {"rm": rules})})
		settings := object.union(operators, {"knowledge": knowledge})
		"destructive.data_malformed" in refusals(made({"command": "rm x"}), settings)
		not excused(settings)
	}
}

# No exception excuses it.
excused(settings) if {
	call := object.union(made({"command": "rm x"}), {"facts": {"environment": "staging"}})
	destructive.pass with input as call
		with data.destructive as object.union(settings, {"exceptions": [object.union(exception, {"operations": ["*"]})]})
		with data.access as access
}

# What is looked for cheaply is a part of everything that is looked for at all.
test_keywords_are_enough if {
	knowledge := data.destructive.knowledge
	object.keys(knowledge.hints) == object.keys(knowledge.keywords)
	every hint, keywords in knowledge.keywords {
		every keyword in keywords { contains(keyword, hint) }
	}
	all_keywords := {keyword | some keyword in knowledge.keywords[_]}
	unreached := {program |
		some program, rules in knowledge.commands
		some rule in rules
		not reached(all_keywords, {sprintf("\n%s ", [program])})
		every need in rule.needs { not reached_all(all_keywords, need) }
	}
	unreached == set()
	every phrase in knowledge.phrases { reached(all_keywords, {phrase.text}) }
	every verb in knowledge.verbs { reached(all_keywords, {verb}) }
}

reached(keywords, texts) if {
	some text in texts
	some keyword in keywords
	contains(text, keyword)
}

reached_all(keywords, need) if {
	count(need) > 0
	every word in need { reached(keywords, {sprintf(" %s ", [word])}) }
}

# Every operation that data or rules know is worded.
test_operations_are_worded if {
	knowledge := data.destructive.knowledge
	codes := {rule.code | some rule in knowledge.commands[_][_]} | {phrase.code | some phrase in knowledge.phrases}
	operations := codes | {operation | some [_, _, operation] in cases.malign}
	every operation in operations { _ = data.exequatur.lib.wording.effects[operation] }
}

test_an_operation_that_nobody_worded if {
	rules := [{"code": "odd", "needs": []}]
	knowledge := object.union(data.destructive.knowledge, {"commands": {"format-it": rules}})
	call := made({"command": "format-it"})
	reasons := destructive.reasons with input as call with data.destructive as object.union(operators, {"knowledge": knowledge})
	fixture.codes(reasons) == {"destructive.odd"}
	some reason in reasons
	contains(reason.message, "would destroy something")
}

# Addresses that white space separates are as many.
test_recipients_between_spaces if {
	every mark in [" ", "\n", "\t"] {
		refusals(mail("send", {"to": concat(mark, ["a@x", "b@x", "c@x", "d@x"])}), operators) == {"destructive.bulk_send"}
		refusals(mail("send", {"to": concat(mark, ["a@x", "b@x", "c@x"])}), operators) == set()
		refusals(mail("send", {"to": concat(mark, ["A", "very", "long", "name", "<a@x>"])}), operators) == set()
	}
}

manifest(text) := fixture.of_tool("kubernetes", "resources_create_or_update", "write", {"resource": text})

test_a_manifest if {
	some_settings := {"interpret": {"kubernetes": {"resources_create_or_update": {"/resource": "shell"}}}}
	settings := object.union(operators, some_settings)
	refusals(manifest("spec:\n  replicas: 0"), settings) == {"destructive.kubectl_scale_zero"}
	refusals(manifest("command:\n- rm\n- -rf\n- /data"), settings) == {"destructive.rm_recursive"}
	refusals(manifest("command: [rm, -rf, /data]"), settings) == {"destructive.rm_recursive"}
	refusals(manifest("replicas: 3\ncapabilities:\n  drop: [ALL]"), settings) == set()
}
