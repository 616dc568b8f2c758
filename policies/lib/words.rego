# METADATA
# title: Words
# description: |
#   Texts as words: white space of every kind is one space, and punctuation stands by itself. Rego has no loop, so this is done by
#   builtins that the policy module has compiled in.
package exequatur.lib.words

# METADATA
# description: The words of a text that `spaced` has prepared, or that is separated by spaces.
of(text) := [word | some word in split(text, " "); word != ""]

# METADATA
# description: A text with one space between words and around punctuation, none at its ends.
spaced(text) := concat(" ", of(strings.replace_n(punctuation, strings.replace_n(white_space, text))))

# METADATA
# description: The word at a position; "" outside.
at(list, i) := list[i] if {
	i >= 0
	i < count(list)
} else := ""

# METADATA
# description: |
#   What databases, shells or a reader's eye take for white space, each to a space. Characters of no width are among them: they
#   hide nothing in SQL or a shell, but servers may drop them.
white_space := {
	"\t": " ", "\n": " ", "\u000b": " ", "\u000c": " ", "\r": " ", "\u0000": " ", "\u0085": " ", "\u00a0": " ", "\u1680": " ",
	"\u180e": " ", "\u2000": " ", "\u2001": " ", "\u2002": " ", "\u2003": " ", "\u2004": " ", "\u2005": " ", "\u2006": " ",
	"\u2007": " ", "\u2008": " ", "\u2009": " ", "\u200a": " ", "\u200b": " ", "\u2028": " ", "\u2029": " ", "\u202f": " ",
	"\u205f": " ", "\u2060": " ", "\u3000": " ", "\ufeff": " ",
}

punctuation := {
	"(": " ( ", ")": " ) ", ";": " ; ", ",": " , ", "=": " = ", "<": " < ", ">": " > ", "!": " ! ", "+": " + ", "-": " - ",
	"*": " * ", "/": " / ", "%": " % ", "|": " | ", "&": " & ", "~": " ~ ", "^": " ^ ", "?": " ? ", ":": " : ", "{": " { ",
	"}": " } ", "[": " [ ", "]": " ] ",
}
