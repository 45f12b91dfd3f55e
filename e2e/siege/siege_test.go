package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/grapnel/grapnel/e2e/child"
)

// The program under test runs itself as the server and as the load generator.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && strings.HasPrefix(os.Args[1], child.Prefix) {
		main()
		return
	}
	os.Exit(m.Run())
}

// Everything in miniature: it runs, prints its tables and ends what it started.
func TestMiniature(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("needs /proc")
	}
	if testing.Short() {
		t.Skip("takes seconds")
	}
	var out bytes.Buffer
	err := run(t.Context(), []string{"-posts", "30", "-users", "2", "-match", "persisted", "-all", "-rounds", "1", "-round", "1ms", "-phase", "1s",
		"-sockets", "20", "-subscribed", "5", "-uploads", "2", "-upload-rate", "4194304", "-flood", "2", "-passwords", "3"}, &out)
	if err != nil {
		t.Error(err)
	}
	for _, want := range []string{"persisted", "PERSISTED_QUERY_NOT_FOUND", "\nquiet ", "\nsiege ", "\nsign-ins ", "\nreads ", "open at the end: 20", "GRAPHQL_VALIDATION_FAILED", "INVALID_CREDENTIALS", "s after"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

func TestDocumentsAreWithinTheirLimits(t *testing.T) {
	seen := map[string]bool{}
	for _, d := range append(documents(), answered()...) {
		if name := d.class + ": " + d.name; seen[name] {
			t.Errorf("two are called %s", name)
		} else {
			seen[name] = true
		}
		a, b := d.request(mark(1)), d.request(mark(2))
		if a == b {
			t.Errorf("%s, %s: the mark makes no difference", d.class, d.name)
		}
		if len(a.body) > 48<<20 {
			t.Errorf("%s, %s has %d bytes", d.class, d.name, len(a.body))
		}
	}
	if n := len(floodDocuments()); n != 7 {
		t.Errorf("%d documents of the flood were found", n)
	}
}

func TestCounting(t *testing.T) {
	got := tapResults([]byte("TAP version 13\n# Subtest: a\n    ok 1 - inner\n    not ok 2 - broken\nok 1 - a\nok 2 - MUST b\nok 3 - c # SKIP why\n1..3\n"))
	if fmt.Sprint(got) != "[{inner pass} {broken fail} {MUST b pass} {c skip}]" {
		t.Error(got)
	}
	o := &outcome{}
	countEvents([]byte(`{"Action":"run","Package":"p","Test":"A"}
{"Action":"pass","Package":"p","Test":"A/x"}
{"Action":"skip","Package":"p","Test":"A/y"}
{"Action":"pass","Package":"p","Test":"A"}
{"Action":"fail","Package":"p","Test":"B"}
{"Action":"fail","Package":"p"}
`), o)
	if *o != (outcome{passed: 1, failed: 1, skipped: 1}) {
		t.Errorf("%+v", o)
	}
}

func TestFlagsAreChecked(t *testing.T) {
	for _, args := range [][]string{{"-parts", "nothing"}, {"-unknown"}, {child.Prefix + "nothing"}} {
		if err := run(t.Context(), args, &bytes.Buffer{}); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
}
