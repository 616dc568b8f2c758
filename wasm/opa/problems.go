package main

import (
	"errors"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/loader"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// problem is anything that OPA finds wrong, with its place where OPA knows it.
type problem struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	File    string `json:"file,omitempty"`
	Row     int    `json:"row,omitempty"`
	Col     int    `json:"col,omitempty"`
}

func located(code, message string, location *ast.Location) problem {
	found := problem{Code: code, Message: message}
	if location != nil {
		found.File, found.Row, found.Col = location.File, location.Row, location.Col
	}
	return found
}

// problems takes apart what OPA returns as one error.
func problems(err error) []problem {
	var list []problem
	if errs, ok := errors.AsType[loader.Errors](err); ok {
		for _, one := range errs {
			list = append(list, problems(one)...)
		}
		return list
	}
	if errs, ok := errors.AsType[ast.Errors](err); ok {
		for _, one := range errs {
			list = append(list, compilerProblem(one))
		}
		return list
	}
	if one, ok := errors.AsType[*ast.Error](err); ok {
		return []problem{compilerProblem(one)}
	}
	if one, ok := errors.AsType[*topdown.Error](err); ok {
		return []problem{located(one.Code, one.Message, one.Location)}
	}
	return []problem{{Code: "opa_error", Message: err.Error()}}
}

func compilerProblem(err *ast.Error) problem {
	message := err.Message
	if err.Details != nil {
		for _, line := range err.Details.Lines() {
			message += "\n\t" + line
		}
	}
	return located(err.Code, message, err.Location)
}
