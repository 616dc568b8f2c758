# Calls a builtin that a decision may not call: it throws dice.
package exequatur

decision := uuid.rfc4122("x")
