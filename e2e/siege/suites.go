package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"text/tabwriter"

	"github.com/grapnel/grapnel/e2e/child"
)

// outcome is how a suite went.
type outcome struct {
	name                    string
	passed, failed, skipped int
	note                    string
}

func (o *outcome) count(result string) {
	switch result {
	case "pass":
		o.passed++
	case "fail":
		o.failed++
	case "skip":
		o.skipped++
	}
}

// runSuites counts what the suites of the repository pass. It runs in the folder e2e,
// and the suites of npm need Node and, the first time, a registry.
func runSuites(ctx context.Context, w io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "grapnel-siege-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	binary, err := child.Build(ctx, dir, "grapnel", "github.com/grapnel/grapnel")
	if err != nil {
		return err
	}
	const key = "a key of thirty-two characters or more"
	s, err := child.Start(ctx, []string{"GRAPNEL_ADDR=127.0.0.1:0", "GRAPNEL_DATA=" + filepath.Join(dir, "data"), "GRAPNEL_TOKEN_KEY=" + key,
		"GRAPNEL_SIGN_UP=author", "GRAPNEL_PRODUCTION=", "MONGODB_URI=", "S3_BUCKET=", "S3_ENDPOINT="}, binary)
	if err != nil {
		return err
	}
	defer child.Stop(&err, s)
	env := []string{"GRAPNEL_URL=" + s.URL + "/graphql", "GRAPNEL_TOKEN_KEY=" + key, "GRAPNEL_BIN=" + binary}

	var all []*outcome
	add := func(list []*outcome, err error) {
		if err != nil {
			list = append(list, &outcome{name: "a suite that did not run", failed: 1, note: err.Error()})
		}
		all = append(all, list...)
	}
	add(npmSuite(ctx, "protocols", env, func(file, name string) string {
		if level, _, _ := strings.Cut(name, " "); level == "MUST" || level == "SHOULD" || level == "MAY" {
			return "graphql-http audits: " + level
		}
		return map[string]string{"sockets.test.js": "sockets (graphql-ws)", "events.test.js": "event streams (graphql-sse)", "http.test.js": "over HTTP"}[file]
	}))
	add(npmSuite(ctx, "clients", env, func(file, _ string) string { return "clients: " + file }))
	if _, err := os.Stat("advisories"); err == nil {
		add(goSuite(ctx, "advisories", ".", "-timeout=15m", "./advisories/..."))
	}
	add(goSuite(ctx, "limits", "..", "-run=Limit|Hostile|NoDocument|ErrorVolume|Bounded|Count|Introspection", "./internal/web", "./resolvers/upload"))
	targets, err := fuzzTargets("..")
	if err != nil {
		return err
	}
	add(goSuite(ctx, fmt.Sprintf("fuzz targets (%d), on their seeds", targets), "..", "-run=^Fuzz", "./..."))

	failed := 0
	t := tabwriter.NewWriter(w, 0, 0, 1, ' ', tabwriter.Debug)
	fmt.Fprintln(t, "suite\t passed\t failed\t skipped\t")
	fmt.Fprintln(t, "---\t ---\t ---\t ---\t")
	for _, o := range all {
		fmt.Fprintf(t, "%s\t %d\t %d\t %d\t%s\n", o.name, o.passed, o.failed, o.skipped, o.note)
		failed += o.failed
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d tests failed", failed)
	}
	return nil
}

// npmSuite runs the tests of a folder, if there is one, and counts them by the name
// that group gives each.
func npmSuite(ctx context.Context, dir string, env []string, group func(file, name string) string) ([]*outcome, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.test.js"))
	if err != nil || len(files) == 0 {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); errors.Is(err, fs.ErrNotExist) {
		install := exec.CommandContext(ctx, "npm", "ci", "--no-audit", "--no-fund")
		install.Dir = dir
		if text, err := install.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("npm ci in %s: %w %s", dir, err, text)
		}
	}
	g := newGroups()
	for _, file := range files {
		name := filepath.Base(file)
		cmd := exec.CommandContext(ctx, "node", "--test", "--test-reporter=tap", name)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
		text, err := cmd.Output()
		found := tapResults(text)
		for _, r := range found {
			g.of(group(name, r.name)).count(r.result)
		}
		if err != nil && len(found) == 0 {
			return nil, fmt.Errorf("%s in %s: %w", name, dir, err)
		}
	}
	return g.list, nil
}

// groups are outcomes in the order in which their names came up.
type groups struct {
	list   []*outcome
	byName map[string]*outcome
}

func newGroups() *groups { return &groups{byName: map[string]*outcome{}} }

func (g *groups) of(name string) *outcome {
	if g.byName[name] == nil {
		g.byName[name] = &outcome{name: name}
		g.list = append(g.list, g.byName[name])
	}
	return g.byName[name]
}

// result is one test.
type result struct{ name, result string }

var tapLine = regexp.MustCompile(`^( *)(not )?ok \d+ - (.*?)( # (SKIP|TODO).*)?$`)

// tapResults reads the innermost tests of what Node prints: those that no other ones
// are within. A file that holds tests is none itself.
func tapResults(text []byte) (all []result) {
	within := 0 // the depth of the last test
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		m := tapLine.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		depth, outer := len(m[1]), len(m[1]) < within
		within = depth
		r := result{name: m[3], result: "pass"}
		switch {
		case m[5] != "":
			r.result = "skip"
		case m[2] != "":
			r.result = "fail"
		}
		if !outer {
			all = append(all, r)
		}
	}
	return all
}

// goSuite runs tests of a module and counts them, without those that hold others.
func goSuite(ctx context.Context, name, dir string, args ...string) ([]*outcome, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-count=1", "-json"}, args...)...)
	cmd.Dir = dir
	text, err := cmd.Output()
	o := &outcome{name: name}
	if n := countEvents(text, o); n == 0 && err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return []*outcome{o}, nil
}

// countEvents counts the innermost tests of what go test -json prints.
func countEvents(text []byte, o *outcome) (n int) {
	type event struct{ Action, Package, Test string }
	var ended []event
	outer := map[string]bool{}
	for d := json.NewDecoder(bytes.NewReader(text)); ; {
		var e event
		if d.Decode(&e) != nil {
			break
		}
		if e.Action == "fail" && e.Test == "" {
			n++
		}
		if e.Test == "" || e.Action != "pass" && e.Action != "fail" && e.Action != "skip" {
			continue
		}
		if i := strings.LastIndex(e.Test, "/"); i >= 0 {
			outer[e.Package+" "+e.Test[:i]] = true
		}
		ended = append(ended, e)
	}
	for _, e := range ended {
		if !outer[e.Package+" "+e.Test] {
			o.count(e.Action)
			n++
		}
	}
	return n
}

// fuzzTargets counts the fuzz tests below a folder.
func fuzzTargets(dir string) (n int, err error) {
	target := regexp.MustCompile(`(?m)^func Fuzz\w+\(\w+ \*testing\.F\)`)
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() == "node_modules" {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		n += len(target.FindAll(text, -1))
		return err
	})
	return n, err
}
