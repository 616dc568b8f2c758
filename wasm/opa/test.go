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
	ctx := context.Background()
	store := inmem.NewFromObjectWithOpts(loaded.Documents, inmem.OptRoundTripOnWrite(false))
	compiler := ast.NewCompiler().
		WithCapabilities(request.capabilities()).
		WithEnablePrintStatements(true).
		WithUseTypeCheckAnnotations(true).
		WithPathConflictsCheck(overlaps(loaded.Documents))
	tracer := cover.New()
	runner := tester.NewRunner().
		SetCompiler(compiler).
		SetStore(store).
		SetModules(loaded.ParsedModules()).
		SetParallel(1).
		SetTimeout(time.Hour). // nothing preempts the one thread: the host ends what takes too long
		CapturePrintOutput(true).
		SetCoverageRuns([]cover.Kind{}).
		Filter(request.Run)
	if request.Coverage {
		runner = runner.SetCoverageQueryTracer(tracer)
	}
	results := []testResult{}
	err = storage.Txn(ctx, store, storage.TransactionParams{}, func(txn storage.Transaction) error {
		running, err := runner.RunTests(ctx, txn)
		if err != nil {
			return err
		}
		for _, result := range channel.Collect(running) {
			results = append(results, describe(result))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(results, func(a, b testResult) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Row, b.Row), cmp.Compare(a.Name, b.Name))
	})
	answer := map[string]any{"tests": results}
	if request.Coverage {
		answer["coverage"] = coverage(tracer, loaded.ParsedModules())
	}
	return answer, nil
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
