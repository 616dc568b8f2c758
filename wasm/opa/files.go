package main

import (
	"fmt"
	"io/fs"
	"strings"
	"testing/fstest"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/loader"
)

// files are what an operation works on: text by path, `policies/controls/window.rego`. A folder below the root is a level of data.
type files struct {
	Root         string            `json:"root"`
	Files        map[string]string `json:"files"`
	Capabilities *ast.Capabilities `json:"capabilities"`
}

func (f *files) system() fs.FS {
	system := fstest.MapFS{}
	for path, text := range f.Files {
		system[path] = &fstest.MapFile{Data: []byte(text), Mode: 0o444}
	}
	return system
}

func (f *files) capabilities() *ast.Capabilities {
	if f.Capabilities != nil {
		return f.Capabilities
	}
	return ast.CapabilitiesForThisVersion()
}

// load reads the files as OPA's own commands read a folder.
func (f *files) load(ignore ...string) (*loader.Result, error) {
	if len(f.Files) == 0 {
		return nil, fmt.Errorf("no files")
	}
	return loader.NewFileLoader().
		WithFS(f.system()).
		WithRegoVersion(ast.RegoV1).
		WithProcessAnnotation(true).
		WithCapabilities(f.capabilities()).
		Filtered([]string{f.Root}, ignored(ignore))
}

func ignored(patterns []string) loader.Filter {
	return func(path string, info fs.FileInfo, depth int) bool {
		if !info.IsDir() && strings.HasSuffix(path, ".tar.gz") {
			return true
		}
		for _, pattern := range patterns {
			if loader.GlobExcludeName(pattern, 1)(path, info, depth) {
				return true
			}
		}
		return false
	}
}

func isTest(path string) bool {
	return strings.HasSuffix(path, "_test.rego")
}

// overlaps tells whether base data has something at a path: there it would overrule a rule under wasm, silently.
func overlaps(data map[string]any) func([]string) (bool, error) {
	return func(path []string) (bool, error) {
		var node any = data
		for _, key := range path {
			object, ok := node.(map[string]any)
			if !ok {
				return true, nil
			}
			if node, ok = object[key]; !ok {
				return false, nil
			}
		}
		return len(path) > 0, nil
	}
}
