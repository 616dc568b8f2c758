package main

import (
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/util"
)

type checkRequest struct {
	files
	// Trace names the rules whose reads are wanted.
	Trace []string `json:"trace"`
}

type moduleFacts struct {
	File    string   `json:"file"`
	Package []string `json:"package"`
	Row     int      `json:"row"`
	// Title and Description are those of the package's METADATA.
	Title       string      `json:"title"`
	Description string      `json:"description"`
	Rules       []ruleFacts `json:"rules"`
}

type ruleFacts struct {
	// Path is the rule's place below data as far as it is fixed, Ground whether all of it is.
	Path    []string `json:"path"`
	Ground  bool     `json:"ground"`
	Default bool     `json:"default"`
	Row     int      `json:"row"`
	Reads   []read   `json:"reads"`
}

// check does what `opa check --strict --bundle` does, and tells of every module what it says about itself: its package, its annotations, its rules,
// and what the traced rules read, directly and through other rules and functions. Beside that, the data as OPA read it.
func check(request *checkRequest) (any, error) {
	loaded, err := request.load()
	if err != nil {
		return nil, err
	}
	compiler := ast.NewCompiler().
		SetErrorLimit(0).
		WithCapabilities(request.capabilities()).
		WithEnablePrintStatements(true).
		WithStrict(true).
		WithUseTypeCheckAnnotations(true).
		WithPathConflictsCheck(overlaps(loaded.Documents))
	if compiler.Compile(loaded.ParsedModules()); compiler.Failed() {
		return nil, compiler.Errors
	}
	facts := []moduleFacts{}
	for _, file := range util.KeysSorted(compiler.Modules) {
		facts = append(facts, factsOf(compiler, file, loaded.Modules[file].Parsed, request.Trace))
	}
	return map[string]any{"modules": facts, "data": loaded.Documents}, nil
}

func factsOf(compiler *ast.Compiler, file string, parsed *ast.Module, trace []string) moduleFacts {
	module := compiler.Modules[file]
	packagePath, _ := groundPath(module.Package.Path)
	facts := moduleFacts{File: file, Package: packagePath, Row: module.Package.Location.Row, Rules: []ruleFacts{}}
	for _, annotations := range parsed.Annotations {
		if annotations.Scope == "package" || annotations.Scope == "subpackages" {
			facts.Title, facts.Description = annotations.Title, annotations.Description
		}
	}
	for _, rule := range module.Rules {
		path, ground := groundPath(rule.Ref())
		described := ruleFacts{Path: path, Ground: ground, Default: rule.Default, Row: rule.Location.Row, Reads: []read{}}
		for _, name := range trace {
			if len(path) == len(packagePath)+1 && path[len(packagePath)] == name {
				described.Reads = readsOf(compiler, rule)
			}
		}
		facts.Rules = append(facts.Rules, described)
	}
	return facts
}

// groundPath gives the leading fixed strings of a reference to data, without `data` itself, and whether that is the whole reference.
func groundPath(ref ast.Ref) ([]string, bool) {
	path := []string{}
	for _, term := range ref[1:] {
		name, ok := term.Value.(ast.String)
		if !ok {
			return path, false
		}
		path = append(path, string(name))
	}
	return path, true
}
