package main

import (
	"bytes"
	"context"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/compile"
)

type buildRequest struct {
	files
	Entrypoints []string       `json:"entrypoints"`
	Revision    string         `json:"revision"`
	Ignore      []string       `json:"ignore"`
	Metadata    map[string]any `json:"metadata"`
}

// build does what `opa build -t wasm` does; its policy.wasm is the same to the byte. The answer holds the bundle, in base64.
func build(request *buildRequest) (any, error) {
	var output bytes.Buffer
	compiler := compile.New().
		WithFS(request.system()).
		WithPaths(request.Root).
		WithFilter(ignored(request.Ignore)).
		WithCapabilities(request.capabilities()).
		WithRegoVersion(ast.RegoV1).
		WithTarget(compile.TargetWasm).
		WithEntrypoints(request.Entrypoints...).
		WithRegoAnnotationEntrypoints(true).
		WithRevision(request.Revision).
		WithOutput(&output)
	if request.Metadata != nil {
		compiler = compiler.WithMetadata(&request.Metadata)
	}
	if err := compiler.Build(context.Background()); err != nil {
		return nil, err
	}
	return map[string]any{"bundle": output.Bytes()}, nil
}
