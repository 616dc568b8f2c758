package exequatur.lib.tools

harmless if input.facts.tool.effect == data.limits.harmless
