# METADATA
# title: The plan of the facts
# description: When a call keeps to a plan, told once for every control that relies on it.
package exequatur.lib.plans

# METADATA
# description: |
#   The call is the step, unused and in its turn, of a plan that is signed, valid, and made for this agent and deployment; and it is named,
#   so that the step can be spent for it, or it is the one that the step was spent for.
covers_call if {
	plan := input.facts.plan
	plan.named == true
	plan.known == true
	is_string(plan.hash)
	is_string(plan.step)
	plan.signatures.verified == true
	is_string(plan.signatures.by[_].authority)
	plan.valid == true
	plan.agent_matches == true
	plan.audience_matches == true
	plan.step_matches == true
	plan.in_order == true
	plan.used == false
	plan.call in {"new", "repeated"}
}
