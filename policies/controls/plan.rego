# METADATA
# title: The call keeps to its plan
# description: |
#   A call that names a plan has to match it in every fact. One that names none is not concerned, unless data.plan requires a plan of
#   one of the principal's roles, of the tool, or of the tool's effect in the environment; an environment that data.plan does not
#   describe requires what any of them does.
package exequatur.controls.plan

import data.exequatur.lib.documents
import data.exequatur.lib.environments
import data.exequatur.lib.plans
import data.exequatur.lib.roles
import data.exequatur.lib.tools

skip if {
	input.facts.plan.named == false
	input.facts.plan.known == false
	input.facts.plan.code == "no_plan_named"
	not_required
}

pass if plans.covers_call

# Each of the keys is read, so that their number says that there are no others, and none is misspelt.
not_required if {
	required := data.plan.required
	count(data.plan) == 1
	count(required) == 3
	free_roles(required.roles)
	tools.unlisted(required.tools, {"server", "tool", "description"})
	every name in environments.applying(required.environments) {
		tools.are_effects(required.environments[name])
		tools.unaffected(required.environments[name])
	}
}

# A role that nobody defined is one that somebody misspelt.
free_roles(names) if {
	is_array(names)
	every name in names { _ = data.access.roles[name] }
	is_set(roles.effective)
	every name in names { not name in roles.effective }
}

failing if {
	not skip
	not pass
}

reasons contains {
	"code": "plan.required",
	"message": "This call needs a signed plan. Name one, and the step that the call is, in context.plan.",
} if {
	failing
	is_string(tools.effect)
	input.facts.plan.named == false
}

reasons contains {
	"code": "plan.unknown_tool",
	"message": "The tool is in no catalogue that counts, so no call of it is free of a plan. Use a tool that is listed.",
} if {
	failing
	not tools.effect
}

reasons contains {"code": concat("", ["plan.", why.code]), "message": message} if {
	failing
	input.facts.plan.known == false
	why := {
		"plan_unknown": {
			"code": "unknown",
			"says": "The plan that the call names is not held here",
			"remedy": "Have it signed and registered, or correct its hash.",
		},
		"no_plans_configured": {
			"code": "unknown",
			"says": "The call names a plan, and no plans are held here",
			"remedy": "Ask an operator to configure them, or name none.",
		},
		"plan_refused": {
			"code": "refused",
			"says": "The plan is here and does not count",
			"remedy": "Have it corrected and signed by an authority for plans.",
		},
		"plan_withdrawn": {
			"code": "withdrawn",
			"says": "The plan does not count any more",
			"remedy": "Have a new one signed.",
		},
		"plan_superseded": {
			"code": "superseded",
			"says": "A later version of the plan has taken its place",
			"remedy": "Use that one.",
		},
		"state_unavailable": {
			"code": "state_unavailable",
			"says": "What was spent of the plan cannot be known now",
			"remedy": "Ask again later.",
		},
	}[input.facts.plan.code]
	message := documents.sentence(why.says, input.facts.plan, why.remedy)
}

reasons contains {"code": concat("", ["plan.call_", input.facts.plan.call]), "message": message} if {
	failing
	input.facts.plan.known == true
	message := {
		"missing": "Name the call in context.call, so that the step can be spent for it.",
		"conflict": "The name in context.call stands for another request already. Name each call anew.",
	}[input.facts.plan.call]
}

reasons contains {
	"code": "plan.unverified",
	"message": "The plan has no verified signature. Have it signed by an authority for plans.",
} if {
	failing
	input.facts.plan.signatures.verified == false
}

reasons contains {"code": concat("", ["plan.", what.code]), "message": what.message} if {
	failing
	input.facts.plan.known == true
	some fact, what in {
		"valid": {
			"when": false,
			"code": "not_valid",
			"message": "The plan is not valid now. Have a current one signed.",
		},
		"agent_matches": {
			"when": false,
			"code": "another_agent",
			"message": "The plan was signed for another agent. Use one that is yours.",
		},
		"audience_matches": {
			"when": false,
			"code": "another_audience",
			"message": "The plan was signed for another service. Use one that is meant for this one.",
		},
		"step_matches": {
			"when": false,
			"code": "another_step",
			"message": "The call is not what the step of the plan says. Call the tool with the step's arguments, or name the right step.",
		},
		"in_order": {
			"when": false,
			"code": "out_of_order",
			"message": "Steps before this one are not done. Do them first.",
		},
		"used": {
			"when": true,
			"code": "used",
			"message": "The step has been carried out as often as it may be, or this call's permit is over. Name a new call where the step has runs left, or have a new plan signed.",
		},
	}
	input.facts.plan[fact] == what.when
}

reasons contains {
	"code": "plan.data_malformed",
	"message": "The operators' data about plans cannot be relied upon, so a plan is required. Ask an operator to check it.",
} if {
	failing
	is_string(tools.effect)
	not well_formed
}

well_formed if {
	failing
	required := data.plan.required
	count(data.plan) == 1
	count(required) == 3
	every name in required.roles { _ = data.access.roles[name] }
	is_array(required.roles)
	every entry in required.tools { is_boolean(tools.listed(entry, {"server", "tool", "description"})) }
	is_array(required.tools)
	count(required.environments) > 0
	is_object(required.environments)
	every _, effects in required.environments { tools.are_effects(effects) }
}
