package exequatur_test.shell

import data.exequatur.lib.shell

test_where_a_program_counts if {
	shell.operations("please rm -rf x", true) == {"rm_recursive"}
	shell.operations("please rm -rf x", false) == set()
	shell.operations("please; rm -rf x", false) == {"rm_recursive"}
	shell.operations("sudo please rm -rf x", false) == {"rm_recursive"}
}

test_two_readings if {
	shell.readings(`a\b "c" 'd'`) == ["ab c d", "a/b c d"]
	shell.readings("a$X b${IFS}c $(d) \\\ne") == ["a b c ; d ; e", "a b c ; d ; e"]
}

test_a_flag_keeps_its_case if {
	shell.operations("git branch -D x", true) == {"git_discard"}
	shell.operations("git branch -d x", true) == set()
}

test_several_operations if {
	shell.operations("rm -rf a && kubectl delete ns b | sh", true) == {"kubectl_delete", "rm_recursive", "shell_piped"}
	shell.operations("", true) == set()
	shell.operations("", false) == set()
	shell.operations(" ;; | & ", true) == set()
}
