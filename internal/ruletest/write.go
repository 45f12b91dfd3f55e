package ruletest

import (
	"fmt"
	"maps"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/grapnel/grapnel/core"
)

// writes tries every mutation of the table on every record.
func (r *run) writes(caller string) {
	for i := range r.m.table.Writes {
		w := &r.m.table.Writes[i]
		for _, record := range r.m.records(*w) {
			if r.try(caller, w, record); r.done() {
				return
			}
		}
	}
}

// try carries out one mutation on one record and puts the record back.
func (r *run) try(caller string, w *Write, record string) {
	if !w.Allow.allows(caller, record) {
		r.refuse(caller, w, record, w.Call)
		// Whoever may not read a record is not told its version either.
		if record != New && r.versioned(w) && !r.m.table.Read.allows(caller, record) {
			r.refuse(caller, w, record, strings.Replace(w.Call, "$id", "$id, expectedVersion: 99", 1))
		}
		return
	}
	what := fmt.Sprintf("%s: %s on %s", caller, w.Call, record)
	root, _, _ := strings.Cut(w.Call, "(")
	a := r.mutate(caller, w.Call, record)
	code, after := a.code(root), r.state()
	if !maps.Equal(after, r.pristine) {
		defer r.reset()
	}
	if !r.check(code == "" && a.at(root) != nil, "%s: must be allowed: %s", what, a.body) {
		return
	}
	id := r.m.id(record)
	switch w.Verb {
	case core.Create:
		r.check(len(after) == len(r.pristine)+1, "%s: made no record", what)
	case core.Update:
		r.check(after[id] != r.pristine[id], "%s: changed nothing", what)
	case core.Delete:
		r.check(after[id] == "" && len(after) == len(r.pristine)-1, "%s: removed nothing", what)
	}
	if path := r.payload(root); path != nil {
		doc, _ := a.at(path...).(map[string]any)
		r.check(doc != nil && (record == New || doc["id"] == id), "%s: is answered by %v", what, doc)
		r.guards(a, caller, record, path...)
	}
	r.check(len(a.errors) == 0, "%s: %v", what, a.errors)
}

// refuse carries out a mutation that must fail and write nothing.
func (r *run) refuse(caller string, w *Write, record, call string) {
	what := fmt.Sprintf("%s: %s on %s", caller, call, record)
	want := r.refusal(caller, record)
	if w.Invalid.allows(caller, record) {
		want = string(core.Invalid)
	}
	root, _, _ := strings.Cut(call, "(")
	a := r.mutate(caller, call, record)
	code := a.code(root)
	r.check(code == want && a.at(root) == nil && len(a.errors) == 0, "%s: got %q instead of %s: %s", what, code, want, a.body)
	if !r.check(maps.Equal(r.state(), r.pristine), "%s: was refused but wrote", what) {
		r.reset()
	}
}

// versioned reports whether a mutation takes the version that its caller knows.
func (r *run) versioned(w *Write) bool {
	root, _, _ := strings.Cut(w.Call, "(")
	for _, arg := range r.suite.schema.Mutation.Fields.ForName(root).Arguments {
		in := r.suite.schema.Types[arg.Type.Name()]
		if in.Fields.ForName("expectedVersion") != nil {
			return true
		}
	}
	return false
}

// mutate sends a mutation, selecting all of the record in its answer.
func (r *run) mutate(caller, call, record string) answer {
	var declared []string
	variables := map[string]any{}
	if strings.Contains(call, "$id") {
		declared = append(declared, "$id: ID!")
		variables["id"] = r.m.id(record)
	}
	if strings.Contains(call, "$file") {
		declared = append(declared, "$file: Upload!")
		variables["file"] = nil
	}
	head := "mutation "
	if declared != nil {
		head += "(" + strings.Join(declared, ", ") + ") "
	}
	root, _, _ := strings.Cut(call, "(")
	switch path := r.payload(root); len(path) {
	case 0:
		return r.ask(caller, head+"{ "+call+" { __typename } }", variables)
	case 1:
		return r.ask(caller, head+"{ "+call+" { ...all } }\n"+r.fragment(), variables)
	default:
		return r.ask(caller, head+fmt.Sprintf("{ %s { %s { ...all } } }\n", call, path[1])+r.fragment(), variables)
	}
}

// payload is where the answer of a mutation holds the record; nil for nowhere.
func (r *run) payload(mutation string) []any {
	f := r.suite.schema.Mutation.Fields.ForName(mutation)
	if f == nil {
		r.t.Fatalf("the table of %s calls %q, which is no mutation", r.m.spec.Type, mutation)
	}
	if f.Type.Name() == r.m.spec.Type {
		return []any{mutation}
	}
	for _, p := range r.suite.schema.Types[f.Type.Name()].Fields {
		if d := r.suite.schema.Types[p.Type.Name()]; d.Kind == ast.Object && d.Name == r.m.spec.Type {
			return []any{mutation, p.Name}
		}
	}
	return nil
}
