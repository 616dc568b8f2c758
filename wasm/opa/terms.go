package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/open-policy-agent/opa/v1/ast"
)

// readTerm reads an operand as `opa_value_dump` prints it. JSON is the common case and ten times faster; the rest are sets and keys that are
// no strings.
func readTerm(text []byte) (*ast.Term, error) {
	if value, ok := readJSON(text); ok {
		return ast.NewTerm(value), nil
	}
	term, err := ast.ParseTerm(string(text))
	if err != nil {
		return nil, fmt.Errorf("an operand is not a Rego term: %w", err)
	}
	if !ast.IsConstant(term.Value) {
		return nil, errors.New("an operand is not a value")
	}
	return term, nil
}

func readJSON(text []byte) (ast.Value, bool) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var decoded any
	if err := decoder.Decode(&decoded); err != nil {
		return nil, false
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, false
	}
	value, err := ast.InterfaceToValue(decoded)
	return value, err == nil
}

// appendTerm writes a value as `opa_value_parse` reads it. Not Term.String(): that quotes as Go does (\x00, \a, \U0001f600), which the policy
// module's parser refuses.
func appendTerm(out []byte, value ast.Value) ([]byte, error) {
	switch value := value.(type) {
	case ast.Null:
		return append(out, "null"...), nil
	case ast.Boolean:
		if value {
			return append(out, "true"...), nil
		}
		return append(out, "false"...), nil
	case ast.Number:
		return append(out, value...), nil
	case ast.String:
		return appendString(out, string(value))
	case *ast.Array:
		return appendSequence(out, '[', ']', value.Len(), value.Elem)
	case ast.Set:
		if value.Len() == 0 {
			return append(out, "set()"...), nil
		}
		members := value.Slice()
		return appendSequence(out, '{', '}', len(members), func(i int) *ast.Term { return members[i] })
	case ast.Object:
		return appendObject(out, value)
	default:
		return nil, fmt.Errorf("the result is a %s, which is no value", ast.ValueName(value))
	}
}

func appendSequence(out []byte, begin, end byte, length int, at func(int) *ast.Term) ([]byte, error) {
	var err error
	out = append(out, begin)
	for i := range length {
		if i > 0 {
			out = append(out, ',')
		}
		if out, err = appendTerm(out, at(i).Value); err != nil {
			return nil, err
		}
	}
	return append(out, end), nil
}

func appendObject(out []byte, object ast.Object) ([]byte, error) {
	out = append(out, '{')
	first := true
	err := object.Iter(func(key, value *ast.Term) error {
		if !first {
			out = append(out, ',')
		}
		first = false
		var err error
		if out, err = appendTerm(out, key.Value); err != nil {
			return err
		}
		out = append(out, ':')
		out, err = appendTerm(out, value.Value)
		return err
	})
	if err != nil {
		return nil, err
	}
	return append(out, '}'), nil
}

const hex = "0123456789abcdef"

func appendString(out []byte, text string) ([]byte, error) {
	// The policy module aborts on such a string, and a replacement character would be another value than OPA's.
	if !utf8.ValidString(text) {
		return nil, errors.New("the result holds a string that is not UTF-8")
	}
	out = append(out, '"')
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c < ' ':
			out = append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			out = append(out, c)
		}
	}
	return append(out, '"'), nil
}
