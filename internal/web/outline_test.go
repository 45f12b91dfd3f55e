package web_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// Documents within the limits of tokens and fragments that kept the validation
// busy for seconds, or for minutes.
func TestValidationIsBounded(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	chain := func(n int, last string) string {
		var b strings.Builder
		b.WriteString("{...F0}")
		for i := range n - 1 {
			fmt.Fprintf(&b, " fragment F%d on Query{...F%d}", i, i+1)
		}
		fmt.Fprintf(&b, " fragment F%d on Query{%s}", n-1, last)
		return b.String()
	}
	literal := "posts(where:" + strings.Repeat("{and:", 700) + "{n:99999999999999999999}" + strings.Repeat("}", 700) + "){totalCount}"
	for _, c := range []struct{ name, document, message string }{
		{"a deep literal", "{" + literal + "}", "701 levels"},
		{"as a default", "query($w:Where=" + strings.Repeat("{and:", 700) + "{n:1}" + strings.Repeat("}", 700) + "){posts(where:$w){totalCount}}", "701 levels"},
		{"in a directive", "{hello@skip(if:" + strings.Repeat("[", 1_000) + strings.Repeat("]", 1_000) + ")}", "1000 levels"},
		{"in a chain of fragments", chain(199, literal), "701 levels"},
		{"a deep type", "query($a:" + strings.Repeat("[", 1_000) + "Int" + strings.Repeat("]", 1_000) + "){hello}", "A type is nested 1000 levels"},
		{"unknown fields in a chain", chain(199, strings.Repeat("nope ", 3_000)), "spreads its fragments too often"},
		{"a long name in a chain", chain(199, "hello("+strings.Repeat("x", 100_000)+":1)"), "spreads its fragments too often"},
		{"a long name of an operation", "query " + strings.Repeat("x", 100_000) + "(" + strings.Repeat("$a:Int ", 1_000) + "){hello}", "more than 255 bytes"},
		{"a cycle", chain(199, strings.Repeat("...F0 ", 1_500)), `Cannot spread fragment \"F0\" within itself`},
		{"a cycle of one", "{...A} fragment A on Query{hello ...A}", `Cannot spread fragment \"A\" within itself`},
		{"a long type of a fragment", "{hello} fragment A on " + strings.Repeat("x", 101) + "{hello}", "more than 100 bytes"},
		{"introspection often", "{" + repeated("a%d:__schema{types{name description fields{name description args{name type{name}}}}} ", 40) + "}", "asks for too much"},
		{"introspection twice", "{" + repeated("a%d:__schema{types{name description fields{name description args{name type{name}}}}} ", 2) + "}", ""},
		{"a chain that is short", chain(40, strings.Repeat("hello ", 500)), ""},
		{"a fragment in many places", "{...A deep{...B} x:deep{...B}} fragment A on Query{...C} fragment B on Deep{name} fragment C on Query{deep{...B}}", ""},
	} {
		begin := time.Now()
		a := s.query(t, c.document)
		if !strings.Contains(a.body, c.message) || (c.message == "") != strings.Contains(a.body, `"data"`) {
			t.Errorf("%s: %.300s", c.name, a.body)
		}
		if d := time.Since(begin); d > 20*time.Second {
			t.Errorf("%s took %s", c.name, d)
		}
	}
}

func repeated(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// The engine looks for each field of its type in each object.
func TestObjectsCountAsValues(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	ask := func(n int) answer {
		list := make([]any, n)
		for i := range list {
			list[i] = map[string]any{}
		}
		return s.post(t, map[string]any{"query": "query($w:Where){posts(where:$w){totalCount}}", "variables": map[string]any{"w": map[string]any{"and": list}}})
	}
	if a := ask(9_990); a.code() != "COMPLEXITY_LIMIT_EXCEEDED" {
		t.Errorf("%.300s", a.body)
	}
	if a := ask(10_000); !strings.Contains(a.body, "an object counts as 5") {
		t.Errorf("%.300s", a.body)
	}
}
