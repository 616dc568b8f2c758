# METADATA
# title: The roles of the principal
# description: |
#   Those that the credential carries and data.access.roles knows, those bound to (issuer, id) in data.access.bindings, and all that
#   they inherit. Undefined, so that whoever reads it fails, when the principal is not authenticated or when anything that the roles
#   rest on is malformed: a role that silently lost a denial would be a wider one.
package exequatur.lib.roles

effective := closure if {
	every role in closure { sound(role) }
}

# Inheritance is shallow where people write it, and each level costs a microsecond; deeper ones are walked by the builtin.
closure := held if {
	held == first
} else := first if {
	first == second
} else := second if {
	second == second | parents(second)
} else := graph.reachable({name: object.get(role, "inherits", []) | some name, role in data.access.roles}, held)

first := held | parents(held)

second := first | parents(first)

parents(names) := {parent | some name in names; some parent in data.access.roles[name].inherits}

held := claimed | bound

# Roles of the credential that no data knows belong to somebody else's policy.
claimed := {role | some role in input.facts.principal.roles; _ = data.access.roles[role]} if {
	is_array(input.facts.principal.roles)
	every role in input.facts.principal.roles { is_string(role) }
}

bound := {role | some role in roles} if {
	input.facts.principal.authenticated == true
	is_string(input.facts.principal.issuer)
	is_string(input.facts.principal.id)
	issuers := data.access.bindings
	is_object(issuers)
	ids := object.get(issuers, input.facts.principal.issuer, {})
	is_object(ids)
	roles := object.get(ids, input.facts.principal.id, [])
	is_array(roles)
	every role in roles { is_string(role) }
}

# Every parent has to have been reached, whatever way the closure was come by.
sound(name) if {
	role := data.access.roles[name]
	object.remove(role, {"description", "inherits", "grants", "grant_patterns", "denials"}) == {}
	inherits := object.get(role, "inherits", [])
	is_array(inherits)
	every parent in inherits { parent in closure }
	is_object(object.get(role, "grants", {}))
	is_array(object.get(role, "grant_patterns", []))
	is_array(object.get(role, "denials", []))
}
