package ruletest

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/grapnel/grapnel/core"
)

// sees lists the records that the table lets a caller read.
func (r *run) sees(caller string) (list []string) {
	for _, name := range r.names() {
		if r.m.table.Read.allows(caller, name) {
			list = append(list, name)
		}
	}
	return list
}

// mayName reports whether the caller may filter, order and look up by a field.
func (r *run) mayName(caller, field string) bool {
	guard, guarded := r.m.table.Guards[field]
	return !guarded || slices.Contains(strings.Fields(guard.Name), caller)
}

// reads checks every path to the records of the model.
func (r *run) reads(caller string) {
	var single, many batch
	for _, name := range r.names() {
		id := strconv.Quote(r.m.id(name))
		if r.m.spec.Singleton {
			single.add(r.m.byID+" { ...all }", r.one(caller, name, ""))
		} else {
			single.add(r.m.byID+"(id: "+id+") { ...all }", r.one(caller, name, string(core.NotFound)))
		}
		single.add("node(id: "+id+") { ...all }", r.one(caller, name, string(core.NotFound)))
	}
	single.add("nodes(ids: "+quoted(r.ids())+") { ...all }", func(a answer, alias string) {
		for i, name := range r.names() {
			r.shows(a, caller, name, "", alias, i)
		}
	})
	for lookup, field := range r.m.lookups {
		for _, name := range r.names() {
			value := r.stored[name][field]
			switch {
			case value == nil:
			case r.mayName(caller, field):
				single.add(fmt.Sprintf("%s(%s: %s) { ...all }", lookup, field, quoted(value)), r.one(caller, name, string(core.NotFound)))
			default:
				single.add(fmt.Sprintf("%s(%s: %s) { ...all }", lookup, field, quoted(value)), func(a answer, alias string) {
					r.check(a.at(alias) == nil && a.code(alias) == string(core.Forbidden), "%s looks up %s by %s: %s", caller, name, field, a.body)
				})
			}
		}
	}
	for _, l := range r.m.links {
		r.follow(&single, caller, l)
	}

	if r.m.spec.Singleton {
		single.ask(r, caller)
		return
	}
	many.add(r.m.list+"(first: 100) { totalCount nodes { ...all } edges { node { id } } }", r.list(caller, r.sees(caller)))
	for _, by := range r.m.orders {
		if r.mayName(caller, camel(by)) {
			for _, direction := range []string{"ASC", "DESC"} {
				many.add(fmt.Sprintf("%s(first: 100, orderBy: {field: %s, direction: %s}) { totalCount nodes { id } }", r.m.list, by, direction),
					r.list(caller, r.sees(caller)))
			}
		}
	}
	r.filters(&many, caller)
	if r.m.searches && !slices.ContainsFunc(r.m.spec.Search, func(f string) bool { return !r.mayName(caller, f) }) {
		r.searches(&many, caller)
	}
	for _, l := range r.m.nested {
		r.nested(&many, caller, l)
	}
	if single.ask(r, caller); !r.done() {
		many.ask(r, caller)
	}
}

// one checks a field that leads to one record: code is the error when the
// caller may not read it, "" when it is null alone.
func (r *run) one(caller, record, code string) func(answer, string) {
	return func(a answer, alias string) { r.shows(a, caller, record, code, alias) }
}

// shows checks that a place in an answer holds a record as far as the caller may
// read it.
func (r *run) shows(a answer, caller, record, code string, path ...any) {
	v := a.at(path...)
	if !r.m.table.Read.allows(caller, record) {
		got := a.code(path...)
		r.check(v == nil && got == code, "%s must not see %s %s, but gets %s %v at %v", caller, r.m.spec.Type, record, got, v, path)
		return
	}
	doc, _ := v.(map[string]any)
	if !r.check(doc != nil, "%s does not see %s %s at %v: %s", caller, r.m.spec.Type, record, path, a.code(path...)) {
		return
	}
	r.check(doc["id"] == r.m.id(record), "%s sees %v instead of %s", caller, doc["id"], record)
	r.guards(a, caller, record, path...)
	for field, guard := range r.m.table.Guards {
		if guard.Read.allows(caller, record) {
			r.check((doc[field] == nil) == (r.stored[record][field] == nil), "%s reads %v as %s of %s", caller, doc[field], field, record)
		}
	}
}

// guards checks the guarded fields of a record that an answer holds: null and
// withheld where the caller may not read them, neither where it may.
func (r *run) guards(a answer, caller, record string, path ...any) {
	for field, guard := range r.m.table.Guards {
		at := slices.Concat(path, []any{field})
		got, v := a.code(at...), a.at(at...)
		if guard.Read.allows(caller, record) {
			r.check(got == "", "%s does not read %s of %s at %v: %s", caller, field, record, path, got)
		} else {
			r.check(got == withheld && v == nil, "%s reads %s of %s at %v: %s %v", caller, field, record, path, got, v)
		}
	}
}

// list checks a connection: exactly these records, and their number.
func (r *run) list(caller string, want []string, path ...any) func(answer, string) {
	return func(a answer, alias string) {
		path := append([]any{alias}, path...)
		nodes, _ := a.at(append(path, "nodes")...).([]any)
		var got []string
		for i, n := range nodes {
			id := fmt.Sprint(n.(map[string]any)["id"])
			_, name, _ := strings.Cut(id, "_")
			got = append(got, name)
			if len(n.(map[string]any)) > 1 && slices.Contains(want, name) {
				r.shows(a, caller, name, "", append(path[:len(path):len(path)], "nodes", i)...)
			}
		}
		slices.Sort(got)
		r.check(slices.Equal(got, want), "%s finds %v instead of %v by %s", caller, got, want, a.asked[alias])
		count, _ := a.at(append(path, "totalCount")...).(float64)
		r.check(int(count) == len(want), "%s counts %v instead of %d by %s", caller, count, len(want), a.asked[alias])
		if edges, ok := a.at(append(path, "edges")...).([]any); ok {
			r.check(len(edges) == len(want), "%s has %d edges instead of %d", caller, len(edges), len(want))
		}
	}
}

// follow asks for the records through the links of another model: one by one,
// and all of a list in one.
func (r *run) follow(b *batch, caller string, l link) {
	if l.from.spec.Singleton {
		r.followSingle(caller, l)
		return
	}
	var ids []string
	for _, name := range r.names() {
		ids = append(ids, l.from.id(helper+l.String()+name))
	}
	selection := fmt.Sprintf("{ ... on %s %s }", l.from.spec.Type, l.selection())
	b.add("nodes(ids: "+quoted(ids)+") "+selection, func(a answer, alias string) {
		for i, name := range r.names() {
			r.leads(a, caller, name, l, alias, i)
		}
	})
	if l.attr.Array {
		b.add(fmt.Sprintf("node(id: %q) %s", l.from.id(helper+l.String()), selection), func(a answer, alias string) {
			path := l.path(alias)
			list, _ := a.at(path...).([]any)
			r.check(len(list) == len(r.sees(caller)), "%s gets %v through %s of %s", caller, list, l, l.from.spec.Type)
			for i, name := range r.sees(caller) {
				r.shows(a, caller, name, "", append(path[:len(path):len(path)], i)...)
			}
		})
	}
}

// followSingle asks for the records through a link of a singleton, which leads to one of
// them after the other.
func (r *run) followSingle(caller string, l link) {
	if !l.from.table.Read.allows(caller, only) {
		return
	}
	for _, name := range r.names() {
		r.write(core.Op{Kind: core.OpDelete, Coll: l.from.spec.Name, Filter: core.Eq("_id", l.from.id(only))}, r.source(l, only, r.m.id(name)))
		var b batch
		b.add(l.from.byID+" "+l.selection(), func(a answer, alias string) { r.leads(a, caller, name, l, alias) })
		b.ask(r, caller)
	}
}

// leads checks what a link from the record at a path of an answer leads to.
func (r *run) leads(a answer, caller, record string, l link, path ...any) {
	path = l.path(path...)
	switch {
	case !l.attr.Array:
		r.shows(a, caller, record, "", path...)
	case r.m.table.Read.allows(caller, record):
		r.shows(a, caller, record, "", append(path, 0)...)
	default:
		list, ok := a.at(path...).([]any)
		r.check(ok && len(list) == 0, "%s gets %v through %s of %s", caller, list, l, l.from.spec.Type)
	}
}

// filters asks lists for each value of each field, and for all others.
func (r *run) filters(b *batch, caller string) {
	for _, f := range r.m.where.Fields {
		if slices.Contains([]string{"and", "or", "not"}, f.Name) || !r.mayName(caller, f.Name) {
			continue
		}
		for _, name := range r.names() {
			where, match := r.where(f, name)
			if where == "" {
				continue
			}
			var with, without []string
			for _, seen := range r.sees(caller) {
				if match(seen) {
					with = append(with, seen)
				} else {
					without = append(without, seen)
				}
			}
			for _, q := range []struct {
				where string
				want  []string
			}{{where, with}, {"{not: " + where + "}", without}} {
				b.add(fmt.Sprintf("%s(first: 100, where: %s) { totalCount nodes { id } }", r.m.list, q.where), r.list(caller, q.want))
			}
		}
	}
}

// where is the filter by what a field of a record holds, and which records it
// matches; "" when the record holds nothing that can be asked for.
func (r *run) where(f *ast.FieldDefinition, record string) (where string, match func(record string) bool) {
	stored := f.Name
	if stored == "id" {
		stored = "_id"
	}
	value := r.stored[record][stored]
	if list, ok := value.([]any); ok {
		if len(list) == 0 {
			return "", nil
		}
		return fmt.Sprintf("{%s: {has: %s}}", f.Name, quoted(list[0])), func(record string) bool {
			return slices.Contains(r.stored[record][stored].([]any), list[0])
		}
	}
	in := r.suite.schema.Types[f.Type.Name()].Fields.ForName("eq")
	literal := quoted(value)
	if r.suite.schema.Types[in.Type.Name()].Kind == ast.Enum {
		literal = strings.Trim(literal, `"`)
	}
	return fmt.Sprintf("{%s: {eq: %s}}", f.Name, literal), func(record string) bool {
		return reflect.DeepEqual(r.stored[record][stored], value)
	}
}

// searches asks lists for each text of each record.
func (r *run) searches(b *batch, caller string) {
	for _, field := range r.m.spec.Search {
		for _, name := range r.names() {
			text, _ := r.stored[name][field].(string)
			if text == "" {
				continue
			}
			var want []string
			if r.m.table.Read.allows(caller, name) {
				want = []string{name}
			}
			b.add(fmt.Sprintf("%s(first: 100, search: %q) { totalCount nodes { id } }", r.m.list, text), r.list(caller, want))
		}
	}
}

// nested asks for the connection of each record of another model that the
// caller may read.
func (r *run) nested(b *batch, caller string, l link) {
	for _, parent := range slices.Sorted(maps.Keys(l.from.table.Records)) {
		if !l.from.table.Read.allows(caller, parent) {
			continue
		}
		var want []string
		for _, name := range r.sees(caller) {
			if r.stored[name][l.attr.Name] == l.from.id(parent) {
				want = append(want, name)
			}
		}
		b.add(fmt.Sprintf("node(id: %q) { ... on %s { %s(first: 100) { totalCount nodes { ...all } } } }", l.from.id(parent), l.from.spec.Type, l.field),
			r.list(caller, want, l.field))
	}
}

// namesGuards checks that a guarded field cannot be asked about by those who may not
// read it on every record: not in a filter, wherever it stands in one, not in an
// order, a search, a nested connection or a subscription.
func (r *run) namesGuards(caller string) {
	if r.m.spec.Singleton {
		return
	}
	for field := range r.m.table.Guards {
		if r.mayName(caller, field) {
			continue // reads has asked
		}
		var arguments []string
		if f := r.m.where.Fields.ForName(field); f != nil {
			for _, name := range r.names() {
				if where, _ := r.where(f, name); where != "" {
					for _, form := range []string{"%s", "{not: %s}", `{or: [{id: {eq: "none"}}, %s]}`, "{and: [%s]}"} {
						arguments = append(arguments, "where: "+fmt.Sprintf(form, where))
					}
				}
			}
		}
		for _, by := range r.m.orders {
			if camel(by) == field {
				arguments = append(arguments, "orderBy: {field: "+by+"}")
			}
		}
		if r.m.searches && slices.Contains(r.m.spec.Search, field) {
			arguments = append(arguments, `search: "word"`)
		}
		for _, argument := range arguments {
			r.refused(caller, fmt.Sprintf("{ %s(%s) { totalCount nodes { id } } }", r.m.list, argument), r.m.list)
			for _, l := range r.m.nested {
				for parent := range l.from.table.Records {
					if l.from.table.Read.allows(caller, parent) {
						r.refused(caller, fmt.Sprintf("{ node(id: %q) { ... on %s { %s(%s) { totalCount } } } }", l.from.id(parent), l.from.spec.Type, l.field, argument), "node", l.field)
					}
				}
			}
		}
	}
}

// refused checks that a query gets FORBIDDEN at path and nothing else.
func (r *run) refused(caller, query string, path ...any) {
	a := r.ask(caller, query, nil)
	r.check(a.at(path...) == nil && a.code(path...) == string(core.Forbidden), "%s may ask %s: %s", caller, query, a.body)
}

// camel is the field that a value of an enum of orders names.
func camel(enum string) string {
	words := strings.Split(strings.ToLower(enum), "_")
	for i, w := range words[1:] {
		words[i+1] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, "")
}

// quoted is a value as a GraphQL literal, which JSON is but for objects.
func quoted(v any) string {
	if t, ok := v.(time.Time); ok {
		v = t.Format(time.RFC3339Nano)
	}
	literal, _ := json.Marshal(v) // texts, numbers and lists of them always encode
	return string(literal)
}
