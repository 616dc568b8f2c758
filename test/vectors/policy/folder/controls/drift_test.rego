package drift_test

import data.exequatur.controls.drift

test_unchanged if drift.pass with input as {"facts": {"tool": {"drift": "none"}}}

test_changed if not drift.pass with input as {"facts": {"tool": {"drift": "changed"}}}
