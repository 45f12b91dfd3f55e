package ruletest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"

	"github.com/grapnel/grapnel/core"
)

// answer is what came back from the server.
type answer struct {
	data any
	// errors are the codes of the errors, by path: "post.email"; [withheld] where
	// the extensions say so.
	errors map[string]string
	body   string
	asked  map[string]string // the root fields of a batch, by alias
}

// withheld stands for a guarded field that the caller may not read: null, without
// an error.
const withheld = "withheld"

// parse reads an answer and looks for what its reader must not see.
func (r *run) parse(caller string, body []byte) answer {
	var raw struct {
		Data   any
		Errors []struct {
			Path       []any
			Extensions struct{ Code string }
		}
		Extensions struct{ Withheld [][]any }
	}
	if err := json.Unmarshal(body, &raw); err != nil {
		r.t.Fatalf("%v in %s", err, body)
	}
	a := answer{data: raw.Data, errors: map[string]string{}, body: string(body)}
	for _, e := range raw.Errors {
		a.errors[key(e.Path)] += e.Extensions.Code
	}
	for _, path := range raw.Extensions.Withheld {
		a.errors[key(path)] += withheld
	}
	r.leaks(caller, a.body)
	return a
}

// leaks checks that a text for the caller holds no secret of others. A secret
// that lies in several places may be told by any of them.
func (r *run) leaks(caller, body string) {
	found := secret.FindAllString(body, -1)
	slices.Sort(found)
	for _, s := range slices.Compact(found) {
		spots := r.secrets[s]
		ok := len(spots) == 0
		for _, at := range spots {
			guard, guarded := at.m.table.Guards[at.field]
			ok = ok || (at.m.table.Read.allows(caller, at.record) && (!guarded || guard.Read.allows(caller, at.record)))
		}
		if !ok {
			r.check(false, "%s is told %q, of %s %s", caller, s, spots[0].m.spec.Type, spots[0].record)
		}
	}
	r.checks++
}

// at is the value at a path in the data.
func (a answer) at(path ...any) any {
	v := a.data
	for _, step := range path {
		switch x := v.(type) {
		case map[string]any:
			v = x[fmt.Sprint(step)]
		case []any:
			if i := step.(int); i < len(x) {
				v = x[i]
			} else {
				return nil
			}
		default:
			return nil
		}
	}
	return v
}

// whole is the body where no path says which part of it is at fault.
func (a answer) whole() string {
	if _, ok := a.errors[""]; ok {
		return a.body
	}
	return ""
}

// code takes the error at a path out of the answer: what is left at the end was
// not expected.
func (a answer) code(path ...any) string {
	at := key(path)
	code := a.errors[at]
	delete(a.errors, at)
	return code
}

// key is a path as the errors of an answer are kept by.
func key(path []any) string {
	steps := make([]string, len(path))
	for i, step := range path {
		steps[i] = fmt.Sprint(step)
	}
	return strings.Join(steps, ".")
}

// ask sends an operation as a caller, with a file when it uses $file.
func (r *run) ask(caller, query string, variables map[string]any) answer {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		r.t.Fatal(err)
	}
	contentType := "application/json"
	if _, ok := variables["file"]; ok {
		var form bytes.Buffer
		w := multipart.NewWriter(&form)
		_ = w.WriteField("operations", string(body))
		_ = w.WriteField("map", `{"0":["variables.file"]}`)
		part, _ := w.CreateFormFile("0", "notes.txt")
		_, _ = part.Write([]byte("Some text."))
		_ = w.Close() // nothing of this fails in memory
		body, contentType = form.Bytes(), w.FormDataContentType()
	}
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.server.URL+"/graphql", bytes.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("GraphQL-Require-Preflight", "1")
	if caller != "visitor" {
		req.Header.Set("Authorization", "Bearer "+caller)
	}
	res, err := r.server.Client().Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	out, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return r.parse(caller, out)
}

// batch is one query of many root fields, with the check of each.
type batch struct {
	fields []string
	checks []func(a answer, alias string)
}

// add puts a root field into the query, under an alias.
func (b *batch) add(field string, check func(a answer, alias string)) {
	b.fields = append(b.fields, fmt.Sprintf("a%d: %s", len(b.fields), field))
	b.checks = append(b.checks, check)
}

// ask sends the query and carries out the checks. An error that none of them
// expects is one more failure.
func (b *batch) ask(r *run, caller string) {
	if len(b.fields) == 0 {
		return
	}
	query := "{\n" + strings.Join(b.fields, "\n") + "\n}\n"
	if strings.Contains(query, "...all") {
		query += r.fragment()
	}
	a := r.ask(caller, query, nil)
	a.asked = map[string]string{}
	for i, field := range b.fields {
		a.asked[fmt.Sprintf("a%d", i)] = field
	}
	for i, check := range b.checks {
		check(a, fmt.Sprintf("a%d", i))
	}
	for path, code := range a.errors {
		alias, _, _ := strings.Cut(path, ".")
		r.check(false, "%s gets %s at %q of %s%s", caller, code, path, a.asked[alias], a.whole())
	}
}

// fragment selects everything of a record of the model.
func (r *run) fragment() string {
	return "fragment all on " + r.m.spec.Type + " { " + r.m.fields + "}"
}

// refusal is what a caller is told whom the rules refuse.
func (r *run) refusal(caller, record string) string {
	switch {
	case record != New && !r.m.table.Read.allows(caller, record):
		return string(core.NotFound)
	case caller == "visitor":
		return string(core.Unauthenticated)
	}
	return string(core.Forbidden)
}
