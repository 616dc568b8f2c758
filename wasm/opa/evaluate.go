package main

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
)

type evaluateRequest struct {
	files
	Query               string           `json:"query"`
	Cases               []evaluationCase `json:"cases"`
	StrictBuiltinErrors bool             `json:"strict_builtin_errors"`
}

type evaluationCase struct {
	// Input is absent or any JSON value, kept to the digit.
	Input json.RawMessage `json:"input"`
	// TimeNs is what time.now_ns answers.
	TimeNs json.Number `json:"time_ns"`
}

type evaluation struct {
	Results  []evaluationResult `json:"results"`
	Problems []problem          `json:"problems,omitempty"`
}

type evaluationResult struct {
	Values   []any          `json:"values"`
	Bindings map[string]any `json:"bindings"`
}

// evaluate asks OPA's interpreter the same query for every case: the oracle that the compiled policy is compared with.
func evaluate(request *evaluateRequest) (any, error) {
	loaded, err := request.load()
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	store := inmem.NewFromObjectWithOpts(loaded.Documents, inmem.OptRoundTripOnWrite(false))
	compiler := ast.NewCompiler().
		WithCapabilities(request.capabilities()).
		WithPathConflictsCheck(overlaps(loaded.Documents))
	if compiler.Compile(loaded.ParsedModules()); compiler.Failed() {
		return nil, compiler.Errors
	}
	list := []evaluation{}
	err = storage.Txn(ctx, store, storage.TransactionParams{}, func(txn storage.Transaction) error {
		prepared, err := rego.New(
			rego.Query(request.Query),
			rego.Compiler(compiler),
			rego.Store(store),
			rego.Transaction(txn),
			rego.Capabilities(request.capabilities()),
			rego.StrictBuiltinErrors(request.StrictBuiltinErrors),
		).PrepareForEval(ctx)
		if err != nil {
			return err
		}
		for _, one := range request.Cases {
			list = append(list, evaluateCase(ctx, prepared, txn, one))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return map[string]any{"evaluations": list}, nil
}

func evaluateCase(ctx context.Context, prepared rego.PreparedEvalQuery, txn storage.Transaction, one evaluationCase) evaluation {
	options := []rego.EvalOption{rego.EvalTransaction(txn), rego.EvalInterQueryBuiltinValueCache(boundedCache())}
	if one.TimeNs != "" {
		ns, err := one.TimeNs.Int64()
		if err != nil {
			return evaluation{Problems: problems(err)}
		}
		options = append(options, rego.EvalTime(time.Unix(0, ns)))
	}
	if len(one.Input) > 0 {
		input, err := ast.ValueFromReader(bytes.NewReader(one.Input))
		if err != nil {
			return evaluation{Problems: problems(err)}
		}
		options = append(options, rego.EvalParsedInput(input))
	}
	answers, err := prepared.Eval(ctx, options...)
	if err != nil {
		return evaluation{Results: []evaluationResult{}, Problems: problems(err)}
	}
	results := []evaluationResult{}
	for _, answer := range answers {
		result := evaluationResult{Values: []any{}, Bindings: answer.Bindings}
		for _, expression := range answer.Expressions {
			result.Values = append(result.Values, expression.Value)
		}
		results = append(results, result)
	}
	return evaluation{Results: results}
}
