package main

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/util"
	"github.com/open-policy-agent/opa/v1/util/channel"
)

type testRequest struct {
	files
	Run      string `json:"run"`
	Coverage bool   `json:"coverage"`
}

type testResult struct {
	Package string   `json:"package"`
	Name    string   `json:"name"`
	Outcome string   `json:"outcome"` // pass, fail, error, skip
	File    string   `json:"file"`
	Row     int      `json:"row"`
	Micros  int64    `json:"micros"`
	Failed  *problem `json:"failed,omitempty"`
	Output  string   `json:"output,omitempty"`
	// Cases are the names of the cases that failed, where a test has cases.
	Cases []string `json:"cases,omitempty"`
}

type fileCoverage struct {
	File       string `json:"file"`
	Covered    int    `json:"covered"`
	NotCovered int    `json:"not_covered"`
	// Missing are the lines that no test reached.
	Missing []int `json:"missing"`
}

// test does what `opa test` does. Coverage counts lines of files that are no tests; a file that no test reached counts with all its lines.
func test(request *testRequest) (any, error) {
	loaded, err := request.load()
	if err != nil {
		return nil, err
	}
	store := inmem.NewFromObjectWithOpts(loaded.Documents, inmem.OptRoundTripOnWrite(false))
	tracer := cover.New()
	results, err := run(request, store, func(runner *tester.Runner) *tester.Runner {
		if request.Coverage {
			return runner.SetCoverageQueryTracer(tracer)
		}
		return runner
	})
	if err != nil {
		return nil, err
	}
	if err := explain(request, store, results); err != nil {
		return nil, err
	}
	answer := map[string]any{"tests": util.Map(results, describe)}
	if request.Coverage {
		answer["coverage"] = coverage(tracer, loaded.ParsedModules())
	}
	return answer, nil
}

// run runs the tests and sorts them by their place. The compiler changes what it compiles, so each run loads the modules anew.
func run(request *testRequest, store storage.Store, with func(*tester.Runner) *tester.Runner) ([]*tester.Result, error) {
	loaded, err := request.load()
	if err != nil {
		return nil, err
	}
	compiler := ast.NewCompiler().
		WithCapabilities(request.capabilities()).
		WithEnablePrintStatements(true).
		WithUseTypeCheckAnnotations(true).
		WithPathConflictsCheck(overlaps(loaded.Documents))
	runner := with(tester.NewRunner().
		SetCompiler(compiler).
		SetStore(store).
		SetModules(loaded.ParsedModules()).
		SetParallel(1).
		SetTimeout(time.Hour). // nothing preempts the one thread: the host ends what takes too long
		CapturePrintOutput(true).
		SetCoverageRuns([]cover.Kind{}).
		Filter(request.Run))
	ctx := context.Background()
	var results []*tester.Result
	err = storage.Txn(ctx, store, storage.TransactionParams{}, func(txn storage.Transaction) error {
		running, err := runner.RunTests(ctx, txn)
		if err == nil {
			results = channel.Collect(running)
		}
		return err
	})
	slices.SortFunc(results, func(a, b *tester.Result) int {
		return cmp.Or(a.Location.Compare(b.Location), cmp.Compare(a.Name, b.Name))
	})
	return results, err
}

// Traces are large; whoever has more failures than this looks at the first ones first.
const explainedAtMost = 10

// explain runs tests that failed once more, traced, to tell the expression that failed: OPA's runner reports none.
func explain(request *testRequest, store storage.Store, results []*tester.Result) error {
	failed := map[string]*tester.Result{}
	var prefixes []ast.Ref
	for _, result := range results {
		if result.Fail && result.Error == nil && len(failed) < explainedAtMost {
			name := result.Package + "." + result.Name
			ref, err := ast.ParseRef(name)
			if err != nil {
				continue
			}
			failed[name] = result
			prefixes = append(prefixes, ref)
		}
	}
	if len(failed) == 0 {
		return nil
	}
	traced, err := run(request, store, func(runner *tester.Runner) *tester.Runner {
		return runner.EnableTracing(true).SetPrefixMatchers(prefixes...)
	})
	if err != nil {
		return err
	}
	for _, result := range traced {
		if known := failed[result.Package+"."+result.Name]; known != nil {
			known.FailedAt = failedAt(result.Trace, known.Location.File)
		}
	}
	return nil
}

// failedAt is the last expression of the test's own file that failed.
func failedAt(trace []*topdown.Event, file string) *ast.Expr {
	for _, event := range slices.Backward(trace) {
		if expression, ok := event.Node.(*ast.Expr); ok && event.Op == topdown.FailOp && event.Location != nil && event.Location.File == file {
			return expression
		}
	}
	return nil
}

func describe(result *tester.Result) testResult {
	described := testResult{
		Package: result.Package,
		Name:    result.Name,
		Outcome: "pass",
		Micros:  result.Duration.Microseconds(),
		Output:  string(result.Output),
	}
	if result.Location != nil {
		described.File, described.Row = result.Location.File, result.Location.Row
	}
	switch {
	case result.Error != nil:
		found := problems(result.Error)[0]
		described.Outcome, described.Failed = "error", &found
		if topdown.IsCancel(result.Error) {
			described.Failed.Message = "cancelled"
		}
	case result.Skip:
		described.Outcome = "skip"
	case result.Fail:
		described.Outcome = "fail"
		if result.FailedAt != nil {
			found := located("failed_at", string(result.FailedAt.Location.Text), result.FailedAt.Location)
			described.Failed = &found
		}
	}
	for name, sub := range result.SubResults.Iter {
		if sub.Fail && len(sub.SubResults) == 0 {
			described.Cases = append(described.Cases, name[len(name)-1])
		}
	}
	return described
}

func coverage(tracer *cover.Cover, modules map[string]*ast.Module) []fileCoverage {
	report := tracer.Report(modules)
	list := []fileCoverage{}
	for _, file := range util.KeysSorted(modules) {
		if isTest(file) {
			continue
		}
		found := fileCoverage{File: file, Missing: []int{}}
		if lines := report.Files[file]; lines != nil {
			found.Covered, found.NotCovered = lines.CoveredLines, lines.NotCoveredLines
			for _, missing := range lines.NotCovered {
				for row := missing.Start.Row; row <= missing.End.Row; row++ {
					found.Missing = append(found.Missing, row)
				}
			}
		}
		slices.Sort(found.Missing)
		found.Missing = slices.Compact(found.Missing)
		list = append(list, found)
	}
	return list
}
