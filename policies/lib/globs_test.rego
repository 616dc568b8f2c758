package exequatur_test.globs

import data.exequatur.lib.globs

patterns := ["", "a", "*", "**", "a*", "*b", "a*b", "a*b*c", "*a*", "a?", "?", "[ab]*", "{a,bc}*", "a\\*", "ab*ba", "*.b", "a/*", "a.b"]

names := ["", "a", "b", "ab", "aba", "abba", "abc", "axbxc", "bc", "bcd", "a*", "a.b", "a/b", "a/b/c", "x.b", "*"]

# Whatever is decided without OPA's glob.match is decided as it would have done.
test_shortcuts_agree_with_opa if {
	every pattern in patterns {
		every name in names { globs.test(pattern, name) == agreed(pattern, name) }
	}
}

# A name that is written exactly like a glob is named by it.
agreed(pattern, name) if {
	pattern == name
} else := glob.match(pattern, null, name)

test_what_is_no_text_or_no_glob_is_neither if {
	every pattern in [1, null, true, [], {}] { not decided(pattern, "a") }
	every name in [1, null, true, [], {}] { not decided("*", name) }
	every broken in ["[", "a[*", "{a"] { not decided(broken, "a") }
}

decided(pattern, name) if is_boolean(globs.test(pattern, name))
