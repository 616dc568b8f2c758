package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	_ "time/tzdata" // time zones come with the module: the host's would differ from machine to machine

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/metrics"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/topdown/builtins"
	"github.com/open-policy-agent/opa/v1/topdown/cache"
)

// What does input or output, reads the environment or throws dice has no place in a decision, which is a pure function of its input.
var withheld = []string{"http.send", "net.lookup_ip_addr", "opa.runtime", "providers.aws.sign_req", "rand.intn", "uuid.rfc4122"}

type implementation struct {
	name  string
	arity int
	call  topdown.BuiltinFunc
}

// Every builtin that can be called, sorted by name; the host calls by index. Relations (walk) are compiled natively and answer many times,
// which no call of one answer can carry.
var implementations = sync.OnceValue(func() []implementation {
	var list []implementation
	for _, declared := range ast.Builtins {
		function := topdown.GetBuiltin(declared.Name)
		if function == nil || declared.Relation || slices.Contains(withheld, declared.Name) {
			continue
		}
		list = append(list, implementation{declared.Name, declared.Decl.Arity(), function})
	}
	slices.SortFunc(list, func(a, b implementation) int { return strings.Compare(a.name, b.name) })
	return list
})

type deadline struct{}

func (deadline) Cancel() {}

func (deadline) Cancelled() bool { return hostCancelled() != 0 }

// Per call these would cost more than most builtins do.
var shared = sync.OnceValue(func() topdown.BuiltinContext {
	capabilities := ast.CapabilitiesForThisVersion()
	capabilities.AllowNet = []string{}
	return topdown.BuiltinContext{
		Context:                     context.Background(),
		Metrics:                     metrics.New(),
		Seed:                        rand.Reader,
		Cancel:                      deadline{},
		Capabilities:                capabilities,
		InterQueryBuiltinValueCache: boundedCache(),
	}
})

// Without a bound, varied patterns would fill the memory: OPA's default is unlimited.
func boundedCache() cache.InterQueryValueCache {
	config, err := cache.ParseCachingConfig([]byte(`{"inter_query_builtin_value_cache": {"max_num_entries": 256}}`))
	if err != nil {
		panic(err)
	}
	return cache.NewInterQueryValueCache(context.Background(), config)
}

var clock struct {
	ns   int64
	term *ast.Term
}

func timeTerm(ns int64) *ast.Term {
	if clock.term == nil || clock.ns != ns {
		clock.ns, clock.term = ns, ast.NumberTerm(json.Number(strconv.FormatInt(ns, 10)))
	}
	return clock.term
}

func callBuiltin(index, count int, operands []byte, timeNs int64) (result uint32) {
	defer func() {
		if panicked := recover(); panicked != nil {
			result = give(kindError, fmt.Appendf(nil, "panic: %v", panicked))
		}
	}()
	if index < 0 || index >= len(implementations()) {
		return give(kindError, []byte("no such builtin"))
	}
	implementation := implementations()[index]
	if count != implementation.arity {
		return give(kindError, fmt.Appendf(nil, "%s: called with %d operands, takes %d", implementation.name, count, implementation.arity))
	}
	terms, err := readOperands(operands, count)
	if err != nil {
		return give(kindError, fmt.Appendf(nil, "%s: %v", implementation.name, err))
	}
	bctx := shared()
	bctx.Time = timeTerm(timeNs)
	bctx.Cache = builtins.Cache{}
	var output *ast.Term
	err = implementation.call(bctx, terms, func(term *ast.Term) error {
		if output = term; term == nil { // a builtin without a result, such as internal.print
			output = ast.InternedTerm(true)
		}
		return nil
	})
	switch {
	case err != nil:
		return give(kindError, []byte(withoutLocation(err)))
	case output == nil:
		return give(kindUndefined, nil)
	}
	text, err := appendTerm(answer[:headerSize], output.Value)
	if err != nil {
		return give(kindError, fmt.Appendf(nil, "%s: %v", implementation.name, err))
	}
	answer = text
	return seal(kindValue)
}

func readOperands(bytes []byte, count int) ([]*ast.Term, error) {
	terms := make([]*ast.Term, count)
	for i := range terms {
		if len(bytes) < 4 {
			return nil, errors.New("the operands are cut short")
		}
		length := binary.LittleEndian.Uint32(bytes)
		bytes = bytes[4:]
		if uint64(length) > uint64(len(bytes)) {
			return nil, errors.New("the operands are cut short")
		}
		term, err := readTerm(bytes[:length])
		if err != nil {
			return nil, err
		}
		terms[i], bytes = term, bytes[length:]
	}
	return terms, nil
}

func withoutLocation(err error) string {
	if topdownError, ok := errors.AsType[*topdown.Error](err); ok {
		return topdownError.Code + ": " + topdownError.Message
	}
	return err.Error()
}
