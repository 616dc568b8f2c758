package main

import (
	"path"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/format"
	"github.com/open-policy-agent/opa/v1/util"
)

type formattedFile struct {
	File    string `json:"file"`
	Text    string `json:"text"`
	Changed bool   `json:"changed"`
}

// formatted does what `opa fmt` does. Files that cannot be read as Rego are problems beside those that can.
func formatted(request *files) (any, error) {
	list := []formattedFile{}
	found := []problem{}
	for _, file := range util.KeysSorted(request.Files) {
		if path.Ext(file) != ".rego" {
			continue
		}
		text, err := format.SourceWithOpts(file, []byte(request.Files[file]), format.Opts{RegoVersion: ast.RegoV1, SkipDefensiveCopying: true})
		if err != nil {
			found = append(found, problems(err)...)
			continue
		}
		list = append(list, formattedFile{file, string(text), string(text) != request.Files[file]})
	}
	return map[string]any{"files": list, "problems": found}, nil
}
