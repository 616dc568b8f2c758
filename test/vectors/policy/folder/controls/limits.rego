# METADATA
# title: Amounts
# description: Passes where the amount in the arguments is not above data.limits.
package exequatur.controls.limits

pass if input.action.properties.arguments.amount <= data.limits.amount
