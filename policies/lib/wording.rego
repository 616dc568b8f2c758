# METADATA
# title: How a refusal is worded
# description: What each kind of destructive operation is called, and what an agent may do instead of it. No text of the call is repeated.
package exequatur.lib.wording

# METADATA
# description: What an operation does, as the end of a sentence that begins with the argument or the call.
effect(operation) := effects[operation] if {
	_ = effects[operation]
} else := "would destroy something."

# METADATA
# description: What to do about it.
remedy(operation) := remedies[operation] if {
	_ = remedies[operation]
} else := "Leave that out or narrow it, have it put into a signed plan, or ask an operator for an exception."

effects := {
	"tool": "is of a tool whose effect is destructive.",
	"tool_unknown": "is of a tool that is in no catalogue that counts, so its effect counts as destructive.",
	"too_long_to_analyse": "has arguments too long to be judged.",
	"flag": "sets an option that destroys or forces.",
	"verb": "names a destructive operation.",
	"bulk_send": "sends to many recipients at once.",
	"broadcast": "addresses everybody in a channel.",
	"sql_drop": "drops an object of a database.",
	"sql_alter_drop": "drops a part of a database's object.",
	"sql_truncate": "empties a table.",
	"sql_delete_all": "deletes rows without a WHERE that restricts them.",
	"sql_update_all": "changes rows without a WHERE that restricts them.",
	"sql_merge_delete": "deletes rows by MERGE.",
	"sql_overwrite": "replaces a table with all its rows.",
	"sql_dynamic": "runs SQL that it puts together, which cannot be judged.",
	"sql_shell": "runs programs from SQL.",
	"rm_recursive": "deletes a directory tree.",
	"rm_many": "deletes files by a wildcard.",
	"find_delete": "deletes whatever a search finds.",
	"shred": "overwrites files beyond recovery.",
	"device_overwrite": "overwrites a device or a disk.",
	"file_emptied": "empties or discards a file.",
	"tree_permissions": "changes the owner or the permissions of a whole tree.",
	"volume_remove": "removes a volume.",
	"account_remove": "removes an account.",
	"crontab_remove": "removes a table of scheduled jobs.",
	"sync_delete": "deletes what is not in the source of a copy.",
	"shell_piped": "has a shell run what cannot be seen.",
	"shell_obscured": "computes the name of a command that deletes, or hides it.",
	"kubectl_delete": "deletes objects of a cluster.",
	"kubectl_drain": "drains a node.",
	"kubectl_replace_force": "deletes and recreates objects of a cluster.",
	"kubectl_scale_zero": "scales to nothing.",
	"helm_uninstall": "uninstalls a release.",
	"terraform_destroy": "destroys infrastructure.",
	"terraform_auto_approve": "changes infrastructure without showing the changes first.",
	"terraform_state": "removes state of infrastructure.",
	"git_push_force": "overwrites or deletes branches of a remote repository.",
	"git_discard": "discards work that git does not hold elsewhere.",
	"git_history": "rewrites or expires history.",
	"docker_remove": "removes containers, images or volumes.",
	"cloud_delete": "deletes resources of a provider.",
	"http_delete": "sends an HTTP DELETE.",
	"redis_flush": "empties a Redis database.",
	"mongo_drop": "drops a collection, an index or a database.",
	"mongo_delete_all": "deletes documents without a filter.",
	"graphql_delete": "calls a mutation that deletes.",
	"data_malformed": "meets a rule in the operators' data that cannot be relied upon.",
}

remedies := {
	"tool_unknown": "Use a tool that is listed, or ask an operator to add it.",
	"too_long_to_analyse": "Split the call into smaller ones.",
	"sql_delete_all": "Add a WHERE that names the rows, have it put into a signed plan, or ask an operator for an exception.",
	"sql_update_all": "Add a WHERE that names the rows, have it put into a signed plan, or ask an operator for an exception.",
	"sql_dynamic": "Write the statement out.",
	"shell_piped": "Fetch the script to a file, look at it, and run its commands one by one.",
	"shell_obscured": "Write the command out.",
	"bulk_send": "Send to fewer recipients, have it put into a signed plan, or ask an operator for an exception.",
	"broadcast": "Address those whom it concerns, have it put into a signed plan, or ask an operator for an exception.",
	"terraform_auto_approve": "Make a plan first and have it approved, or have it put into a signed plan.",
	"data_malformed": "Ask an operator to check it.",
}
