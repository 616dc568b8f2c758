# Answers what the test asks for in the request's context, or breaks in the way that it asks for.
package exequatur

mode := object.get(input.context, "mode", "answer")

decision := input.context.answer if mode == "answer"

# Two rules that do not agree.
decision := conflicting if mode == "conflict"

conflicting := 1 if mode == "conflict"

conflicting := 2 if mode == "conflict"

# More memory than there is.
decision := passed(sprintf("%d", [count(pairs)])) if mode == "memory"

pairs := [[a, b, "pair"] | some a in input.context.many; some b in input.context.many]

# Carried to the host and back: a set, an object with keys that are no strings, digits beyond a double.
decision := passed(sprintf("%v %v %v", [{3, 1, "a"}, {1: {2}}, 12345678901234567890])) if mode == "values"

decision := passed(carried) if mode == "returned_set"

carried := "a set came back" if net.cidr_merge(["10.0.0.0/25", "10.0.0.128/25"]) == {"10.0.0.0/24"}

decision := passed(sprintf("%d", [time.now_ns()])) if mode == "now"

# A builtin of the host that errs within a negation: undefined would permit.
decision := passed("fail open") if {
	mode == "builtin_error"
	not units.parse_bytes(input.context.size)
}

passed(message) := {
	"permit": true,
	"controls": {"access": "pass"},
	"reasons": [{"control": "access", "code": "access.note", "message": message}],
	"obligations": [],
}
