package main

import (
	"encoding/json"
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/util"
	"github.com/open-policy-agent/opa/v1/version"
)

// An operation reads its own members of the request and returns what is written as JSON. An error is one that OPA found in the files: the
// answer {"problems": […]}, no failure of the call.
var operations = map[string]func(request []byte) (any, error){
	"about":    about,
	"builtins": names,
	"build":    over(build),
	"check":    over(check),
	"test":     over(test),
	"format":   over(formatted),
	"evaluate": over(evaluate),
}

func over[Request any](operation func(*Request) (any, error)) func([]byte) (any, error) {
	return func(bytes []byte) (any, error) {
		var request Request
		if err := util.UnmarshalJSON(bytes, &request); err != nil {
			return nil, fmt.Errorf("request: %w", err)
		}
		return operation(&request)
	}
}

func perform(bytes []byte) (kind uint32, text []byte) {
	defer func() {
		if panicked := recover(); panicked != nil {
			kind, text = kindError, fmt.Appendf(nil, "panic: %v", panicked)
		}
	}()
	var head struct {
		Operation string `json:"operation"`
	}
	if err := json.Unmarshal(bytes, &head); err != nil {
		return kindError, []byte("request: " + err.Error())
	}
	operation, ok := operations[head.Operation]
	if !ok {
		return kindError, []byte("no such operation: " + head.Operation)
	}
	result, err := operation(bytes)
	if err != nil {
		result = map[string]any{"problems": problems(err)}
	}
	text, err = json.Marshal(result)
	if err != nil {
		return kindError, []byte("answer: " + err.Error())
	}
	return kindValue, text
}

func about([]byte) (any, error) {
	return map[string]any{"opa": version.Version, "capabilities": ast.CapabilitiesForThisVersion(), "withheld": withheld}, nil
}

func names([]byte) (any, error) {
	list := []string{}
	for _, implementation := range implementations() {
		list = append(list, implementation.name)
	}
	return list, nil
}
