package web_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Variables that do not fit are wrong input like any other: all of them are named at
// once, by where they stand in the input of their field, with the values that were
// sent, and the location of the variables.
func TestVariablesThatDoNotFit(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	many := strings.TrimSuffix(strings.Repeat(`"x",`, 100), ",")
	for _, c := range []struct {
		query, variables string
		fields           []string // path, code, and what the message has of the value
		locations        string
	}{
		{"query(\n  $n: Int!\n) { number(n: $n) }", `{}`, []string{"n REQUIRED Int!"}, "2:3"},
		{"query($n: Int!) { number(n: $n) }", `{"n": null}`, []string{"n REQUIRED null"}, "1:7"},
		{"query($n: Int) { number(n: $n) }", `{"n": "five"}`, []string{`n TYPE "five"`}, "1:7"},
		{"query($n: Int) { number(n: $n) }", `{"n": {"$gt": 1}}`, []string{"n TYPE an object"}, "1:7"},
		{"query($n: Int) { number(n: $n) }", `{"n": [1]}`, []string{"n TYPE a list"}, "1:7"},
		{"query($s: String) { hello(name: $s) }", `{"s": false}`, []string{"name TYPE false"}, "1:7"},
		{"query($s: Boolean!) { hello @include(if: $s) }", `{"s": "yes"}`, []string{`if TYPE "yes"`}, "1:7"},
		{"query($s: String) { posts(where: {and: [{n: 1}, {title: $s}]}) { totalCount } }", `{"s": 1}`, []string{"where.and.1.title TYPE 1"}, "1:7"},
		{"query($s: String) { ...F } fragment F on Query { hello(name: $s) }", `{"s": 2}`, []string{"name TYPE 2"}, "1:7"},
		{"query($w: Where) { posts(where: $w) { totalCount } }", `{"w": "x"}`, []string{`where TYPE "x"`}, "1:7"},
		{"query($w: Where, $n: Int) { posts(where: $w) { totalCount } number(n: $n) }",
			`{"w": {"title": 7, "titel": "x", "and": [{"list": [1, null, "2"]}]}, "n": 1.5}`,
			[]string{"where.title TYPE 7", "where.titel UNKNOWN Where", "where.and.0.list.1 REQUIRED null", `where.and.0.list.2 TYPE "2"`, "n TYPE 1.5"}, "1:7 1:18"},
		{"query($d: Day!) { hello day(of: $d) }", `{"d": "Tuesday"}`, []string{`of TYPE "Tuesday"`}, "1:7"},
		{"query($d: Day!, $n: Int) { number(n: $n) day(of: $d) }", `{"d": 1.50, "n": "x"}`, []string{`of TYPE 1.50:`, `n TYPE "x"`}, "1:7 1:17"},
		{"query($d: [Day!]) { day(among: $d) }", `{"d": ["Monday", [], null, "x"]}`, []string{"among.1 TYPE a list", "among.2 REQUIRED null", `among.3 TYPE "x"`}, "1:7"},
		{"query($d: [Day!]) { day(among: $d) }", `{"d": "x"}`, []string{`among TYPE "x"`}, "1:7"},
		{"query($w: Days) { day(where: $w) }", `{"w": {"day": "Monday", "or": {"day": {}}}}`, []string{"where.or.day TYPE an object"}, "1:7"},
		{"query($w: Where) { posts(where: $w) { totalCount } }", `{"w": {"list": [` + many + `]}}`, nil, "1:7"},
	} {
		a := s.post(t, map[string]any{"query": c.query, "variables": json.RawMessage(c.variables)})
		var got struct {
			Errors []struct {
				Message    string
				Locations  []struct{ Line, Column int }
				Extensions struct {
					Code   string
					Fields []struct{ Path, Code, Message string }
				}
			}
		}
		if err := json.Unmarshal([]byte(a.body), &got); err != nil || len(got.Errors) != 1 {
			t.Errorf("%s: %s", c.query, a.body)
			continue
		}
		e := got.Errors[0]
		var locations []string
		for _, l := range e.Locations {
			locations = append(locations, fmt.Sprintf("%d:%d", l.Line, l.Column))
		}
		if e.Extensions.Code != "BAD_USER_INPUT" || strings.Join(locations, " ") != c.locations {
			t.Errorf("%s: %s", c.query, a.body)
		}
		if c.fields == nil {
			if n := len(e.Extensions.Fields); n != 20 || len(a.body) > 10_000 {
				t.Errorf("%d fields are named in %d bytes", n, len(a.body))
			}
			continue
		}
		if len(e.Extensions.Fields) != len(c.fields) {
			t.Errorf("%s: %s", c.query, a.body)
			continue
		}
		for _, want := range c.fields {
			path, rest, _ := strings.Cut(want, " ")
			code, value, _ := strings.Cut(rest, " ")
			if !slices.ContainsFunc(e.Extensions.Fields, func(f struct{ Path, Code, Message string }) bool {
				return f.Path == path && f.Code == code && strings.Contains(f.Message, value) && strings.Contains(e.Message, f.Message)
			}) {
				t.Errorf("%s: no %s in %s", c.query, want, a.body)
			}
		}
	}
}

// What a document says in place of a value of a custom scalar is a fault of the
// document, found before it runs.
func TestLiteralsThatDoNotFit(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	for _, c := range []struct{ query, says, location string }{
		{`{ hello day(of: "Tuesday") }`, `Day cannot represent "Tuesday": it must be Monday.`, "18"}, // gqlparser has a text begin behind its quote
		{`{ hello day(of: 1.50) }`, "Day cannot represent 1.50: it must be Monday.", "17"},
		{`{ hello day(of: -12345678901234567890123) }`, "Day cannot represent -12345678901234567890123: it must be Monday.", "17"},
		{`{ day(of: [], among: ["Monday"]) }`, "Day cannot represent a list: it must be Monday.", "11"},
		{`{ day(among: ["Monday", "x"]) }`, `Day cannot represent "x": it must be Monday.`, "26"},
		{`{ day(among: Friday) }`, `Day cannot represent "Friday": it must be Monday.`, "14"},
		{`{ day(where: {day: "Monday", or: [{day: {a: 1}}]}) }`, "Day cannot represent an object: it must be Monday.", "41"},
		{`query($d: Day = true) { day(of: $d) }`, "Day cannot represent true: it must be Monday.", "17"},
	} {
		a := s.query(t, c.query)
		text, _ := json.Marshal(c.says)
		if want := `{"errors":[{"message":` + string(text) + `,"locations":[{"line":1,"column":` + c.location + `}],"extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}`; a.body != want {
			t.Errorf("%s: %s, want %s", c.query, a.body, want)
		}
	}
	if n := s.schema.ran.Load(); n != 0 {
		t.Errorf("%d operations ran", n)
	}
	a := s.post(t, map[string]any{"query": `query($d: Day!, $e: Day! = "Monday") { hello a: day(of: "Monday", among: [$d, $e]) b: day(of: $d) }`, "variables": map[string]any{"d": "Monday"}})
	if a.code() != "" {
		t.Error(a.body)
	}
}
