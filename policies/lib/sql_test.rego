package exequatur_test.sql

import data.exequatur.lib.sql
import data.exequatur.lib.sql_lexer

test_a_text_that_nobody_disputes_has_one_reading if {
	every text in ["select 1", "select 'a' from \"b\"", "select 'it''s', f(x) from t"] {
		count(sql_lexer.readings(text)) == 1
	}
}

test_readings if {
	sql_lexer.readings("select 1") == {"select 1"}
	sql_lexer.readings("select\t'x' , \"ab\"") == {`select '' , "ab"`}

	# A string to the one is a statement to the other.
	sql_lexer.readings("select '\\'; drop table t -- '") == {
		`select ''`,
		`select '' ; drop table t`,
	}
}

test_several_operations if {
	sql.operations("DROP TABLE a; TRUNCATE b; DELETE FROM c; UPDATE d SET e = 1; ALTER TABLE f DROP g") == {
		"sql_alter_drop", "sql_delete_all", "sql_drop", "sql_truncate", "sql_update_all",
	}
	sql.operations("SELECT 1") == set()
	sql.operations("") == set()
}

test_resembles if {
	sql.resembles("  /* x */ Drop Table t")
	sql.resembles("hello; delete from t")
	sql.resembles("Please drop table tennis") == false
	sql.resembles("drop it") == false
}

test_no_text_is_undefined if {
	every value in [null, 1, true, ["drop table t"]] {
		not sql.operations(value)
		not sql.resembles(value)
	}
}
