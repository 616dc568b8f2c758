package main

import (
	"github.com/open-policy-agent/opa/v1/ast"
)

// read is one thing that a rule's answer can depend on, besides base data.
type read struct {
	// Kind is "input", "builtin" (one whose answer is no function of its operands) or "with" (which replaces what is read).
	Kind string `json:"kind"`
	// Text is how it stands in the compiled policy: `input.subject.id`, `time.now_ns`.
	Text string `json:"text"`
	// Path is, for input, what follows `input` as far as it is fixed.
	Path []string `json:"path"`
	File string   `json:"file"`
	Row  int      `json:"row"`
}

// readsOf follows a rule through every rule and function that it can reach. It errs on the side of more: a reference whose end is computed reaches
// everything below its fixed part.
func readsOf(compiler *ast.Compiler, root *ast.Rule) []read {
	tracer := tracer{compiler: compiler, seen: map[*ast.Rule]bool{}, reads: []read{}}
	tracer.rule(root)
	return tracer.reads
}

type tracer struct {
	compiler *ast.Compiler
	seen     map[*ast.Rule]bool
	reads    []read
	location *ast.Location
}

func (t *tracer) rule(rule *ast.Rule) {
	if t.seen[rule] {
		return
	}
	t.seen[rule] = true
	t.location = rule.Location
	ast.NewGenericVisitor(t.visit).Walk(rule)
}

func (t *tracer) visit(node any) bool {
	switch node := node.(type) {
	case *ast.Expr:
		t.at(node.Location)
	case *ast.With:
		t.add("with", node.String(), nil)
	case *ast.Head:
		// The head's own reference names the rule; what it reads are its arguments, key and value, which the visitor goes through.
		t.at(node.Location)
	case *ast.Term:
		t.at(node.Location)
	case ast.Ref:
		t.ref(node)
		for _, term := range node[1:] {
			ast.NewGenericVisitor(t.visit).Walk(term)
		}
		return true
	case ast.Var:
		if node.Equal(ast.InputRootDocument.Value) || node.Equal(ast.DefaultRootDocument.Value) {
			t.ref(ast.Ref{ast.NewTerm(node)})
		}
	}
	return false
}

func (t *tracer) ref(ref ast.Ref) {
	switch head := ref[0].Value; {
	case head.Compare(ast.InputRootDocument.Value) == 0:
		path, _ := groundPath(ref)
		t.add("input", ref.String(), path)
	case head.Compare(ast.DefaultRootDocument.Value) == 0:
		location := t.location
		for _, rule := range t.compiler.GetRulesDynamicWithOpts(ref, ast.RulesOptions{IncludeHiddenModules: true}) {
			t.rule(rule)
		}
		t.location = location
	default:
		if builtin, ok := ast.BuiltinMap[ref.String()]; ok && builtin.Nondeterministic {
			t.add("builtin", builtin.Name, nil)
		}
	}
}

func (t *tracer) at(location *ast.Location) {
	if location != nil && location.Row > 0 && location.File != "" {
		t.location = location
	}
}

func (t *tracer) add(kind, text string, path []string) {
	found := read{Kind: kind, Text: text, Path: path}
	if path == nil {
		found.Path = []string{}
	}
	if t.location != nil {
		found.File, found.Row = t.location.File, t.location.Row
	}
	t.reads = append(t.reads, found)
}
