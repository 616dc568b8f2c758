# METADATA
# title: The definition has not changed
# description: Passes where the tool is defined as it was signed.
package exequatur.controls.drift

import data.exequatur.lib.tools

skip if tools.harmless

pass if input.facts.tool.drift == "none"
