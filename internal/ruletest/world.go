package ruletest

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/core/value"
	"github.com/grapnel/grapnel/internal/web"
	"github.com/grapnel/grapnel/resolvers/upload"
	"github.com/grapnel/grapnel/storage/sqlite"
)

// helper begins the names of records that the harness adds. Everybody may read
// them, by a rule of its own: they lead to the records under test, and end the
// silence of a subscriber who must hear nothing.
const helper = "helper"

// only is the record of a singleton.
const only = "only"

// run is one check of one model's table against the rules of some specs.
type run struct {
	t     testing.TB
	suite *suite
	m     *model
	specs []core.Spec
	docs  *sqlite.Store

	served   map[string]core.Spec // as the server has them, by name
	server   *httptest.Server
	stored   map[string]Fields // the records of the table as they are stored
	pristine map[string]string // their bytes, by id
	secrets  map[string][]spot // where a text is stored
	made     int               // documents so far
	numbers  int               // secret ones

	checks   int
	failures []string
	first    bool // one failure is enough
}

// spot is a place in the world: a field of a record of a model.
type spot struct {
	m             *model
	record, field string
}

// newRun lays the records of all tables into stores of its own and serves them.
func newRun(t testing.TB, s *suite, m *model, specs []core.Spec, first bool) *run {
	docs, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "grapnel.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { docs.Close() })
	r := &run{t: t, suite: s, m: m, specs: specs, docs: docs, first: first,
		stored: map[string]Fields{}, secrets: map[string][]spot{}}
	r.server = r.serve(false)
	ops := r.sessions()
	for _, other := range s.models {
		for _, name := range slices.Sorted(maps.Keys(other.table.Records)) {
			f := r.fill(other, name, other.table.Records[name])
			if other == m {
				r.stored[name] = f
			}
			r.hide(spot{other, name, ""}, f)
			if other.spec.Singleton { // the server has made it
				ops = append(ops, core.Op{Kind: core.OpDelete, Coll: other.spec.Name, Filter: core.Eq("_id", other.id(name))})
			}
			ops = append(ops, r.insert(other, f))
		}
	}
	for _, l := range m.links {
		if l.from.spec.Singleton {
			continue
		}
		for _, name := range r.names() {
			ops = append(ops, r.source(l, helper+l.String()+name, m.id(name)))
		}
		if l.attr.Array {
			ops = append(ops, r.source(l, helper+l.String(), r.ids()...))
		}
	}
	r.write(ops...)
	r.pristine = r.state()
	return r
}

// serve builds the server. With alone, helpers of the model under test are for
// everybody; otherwise those of the others are.
func (r *run) serve(alone bool) *httptest.Server {
	t := r.t
	specs := slices.Clone(r.specs)
	for i, spec := range specs {
		if (spec.Type == r.m.spec.Type) == alone {
			specs[i].Rules = append(slices.Clone(spec.Rules), core.Rule{Verbs: core.Read, Where: core.Prefix("_id", spec.Prefix+"_"+helper)})
		}
	}
	var err error
	if r.served, err = core.CompleteSpecs(specs); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(nil)
	app, err := core.New(t.Context(), core.Config{
		Specs: specs, Docs: r.docs, Objects: r.suite.files, Key: bytes.Repeat([]byte("k"), 32),
		BaseURL: "http://" + server.Listener.Addr().String(), MaxUpload: 1 << 20,
	})
	if err != nil {
		t.Fatal(err)
	}
	const many = 1 << 24 // of whatever a document may hold: ours ask for a whole table at once
	handler, err := web.New(web.Config{
		Schema: r.suite.project.Schema(app),
		// A token is the name of a caller, whose session lies in the store.
		Authenticate: func(ctx context.Context, caller string) (core.Principal, error) {
			return app.Sessions.Principal(ctx, "sess_"+caller, "user_"+caller)
		},
		Transports: []graphql.Transport{upload.Transport{MaxFile: 1 << 20}},
		Limits:     web.Limits{Body: many, Query: many, Tokens: many, Aliases: many, RootFields: many, Cost: many, Errors: many, Withheld: many, Merge: many, UserCost: many, NetworkCost: many, Read: many << 20, ReadTime: time.Minute},
	})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = handler
	server.Start()
	t.Cleanup(func() {
		stop, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = handler.Shutdown(stop)
		server.Close()
		app.Close()
	})
	return server
}

// sessions sign every caller in.
func (r *run) sessions() (ops []core.Op) {
	now := core.Millis(time.Now())
	for _, name := range strings.Fields(Users) {
		s := &core.Session{UserID: "user_" + name, RotatedAt: now, ProvenAt: now, ExpiresAt: now.Add(time.Hour)}
		s.ID, s.Version, s.CreatedAt, s.UpdatedAt = "sess_"+name, 1, now, now
		ops = append(ops, core.Op{Kind: core.OpDelete, Coll: "sessions", Filter: core.Eq("_id", s.ID), Optional: true},
			core.Op{Kind: core.OpInsert, Coll: "sessions", Doc: s})
	}
	return ops
}

func (m *model) id(record string) string { return m.spec.Prefix + "_" + record }

// names is the records of the table, in order.
func (r *run) names() []string { return slices.Sorted(maps.Keys(r.m.table.Records)) }

func (r *run) ids() []string {
	ids := r.names()
	for i, name := range ids {
		ids[i] = r.m.id(name)
	}
	return ids
}

// fill makes of the fields that a table names a whole record.
func (r *run) fill(m *model, name string, given Fields) Fields {
	r.made++
	now := core.Millis(time.Now())
	f := Fields{"_id": m.id(name), "version": int64(1), "createdAt": now.Add(-time.Hour + time.Duration(r.made)*time.Second), "updatedAt": now}
	known := slices.Clone(r.suite.stored[m.spec.Name])
	for _, a := range m.spec.Attributes {
		if known = append(known, a.Name); given[a.Name] == nil {
			f[a.Name] = r.value(m, name, a)
		}
	}
	for field, v := range given {
		if !slices.Contains(known, field) {
			r.t.Fatalf("the table of %s gives %s a field %q, which it does not have", m.spec.Type, name, field)
		}
		switch x := v.(type) {
		case time.Time:
			v = core.Millis(x)
		case int:
			v = int64(x)
		}
		f[field] = v
	}
	return f
}

// value is what a field holds of which the table says nothing.
func (r *run) value(m *model, name string, a core.Attribute) any {
	var v any
	switch {
	case a.Default != nil:
		return a.Default
	case len(a.Values) > 0 && a.Required:
		r.t.Fatalf("the table of %s gives %s no %s", m.spec.Type, name, a.Name)
	case a.Reference != "" || len(a.Values) > 0 || a.Kind == core.Document:
	case a.Kind == core.String:
		v = strings.ToLower("zq" + m.spec.Type + name + a.Name)
	case a.Kind == core.Int || a.Kind == core.Float:
		r.numbers++
		v = int64(7310_0000 + r.numbers)
	case a.Kind == core.Decimal:
		r.numbers++
		v = value.DecimalOf(7310_0000 + r.numbers)
	case a.Kind == core.JSON:
		v = value.JSON(`"zq` + strings.ToLower(m.spec.Type+name+a.Name) + `"`)
	case a.Kind == core.Date && a.Required:
		v = value.DateOf(time.Now())
	case a.Kind == core.Bool:
		v = false
	case a.Kind == core.Time && a.Required:
		v = core.Millis(time.Now().Add(-time.Hour))
	}
	switch {
	case a.Array && v == nil:
		return []any{}
	case a.Array:
		return []any{v}
	}
	return v
}

// secret is the form of what fill makes up, and of what tables may write
// themselves where a text must have another form.
var secret = regexp.MustCompile(`zq[a-z0-9]+|7310[0-9]{4}`)

// hide remembers where the secrets of a record are.
func (r *run) hide(at spot, v any) {
	switch v := v.(type) {
	case Fields:
		for name, x := range v {
			in := at
			if in.field == "" {
				in.field = name
			}
			r.hide(in, x)
		}
	case []any:
		for _, x := range v {
			r.hide(at, x)
		}
	default:
		for _, s := range secret.FindAllString(fmt.Sprint(v), -1) {
			r.secrets[s] = append(r.secrets[s], at)
		}
	}
}

// source is the operation that stores a record of another model, which leads to
// records of this one.
func (r *run) source(l link, name string, to ...string) core.Op {
	f := r.fill(l.from, name, r.sample(l.from))
	in := f
	for _, a := range l.within {
		inner := Fields{}
		for _, b := range l.from.spec.Embedded[a.Type] {
			inner[b.Name] = r.value(l.from, name, b)
		}
		if in[a.Name] = inner; a.Array {
			in[a.Name] = []any{inner}
		}
		in = inner
	}
	in[l.attr.Name] = to[0]
	if l.attr.Array {
		list := make([]any, len(to))
		for i, id := range to {
			list[i] = id
		}
		in[l.attr.Name] = list
	}
	return r.insert(l.from, f)
}

// sample is what the table says of some record of a model, without what must be
// unique or secret.
func (r *run) sample(m *model) Fields {
	name := slices.Min(slices.Collect(maps.Keys(m.table.Records)))
	f := maps.Clone(m.table.Records[name])
	maps.DeleteFunc(f, func(field string, v any) bool {
		return slices.Contains(r.suite.unique[m.spec.Name], field) || secret.MatchString(fmt.Sprint(v))
	})
	return f
}

// insert is the operation that stores a record, past every rule.
func (r *run) insert(m *model, f Fields) core.Op {
	return core.Op{Kind: core.OpInsert, Coll: m.spec.Name, Doc: r.served[m.spec.Name].Whole(document(f, m.spec.Bulk))}
}

// document is a pointer to a struct with bson tags that holds the fields, those
// of bulk last, as stores want it.
func document(f Fields, bulk []string) any {
	names := slices.Sorted(maps.Keys(f))
	slices.SortStableFunc(names, func(a, b string) int {
		return slices.Index(bulk, a) - slices.Index(bulk, b)
	})
	fields := make([]reflect.StructField, len(names))
	for i, name := range names {
		fields[i] = reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: reflect.TypeFor[any](), Tag: reflect.StructTag(`bson:"` + name + `"`)}
	}
	doc := reflect.New(reflect.StructOf(fields))
	for i, name := range names {
		if v := ordered(f[name]); v != nil {
			doc.Elem().Field(i).Set(reflect.ValueOf(v))
		}
	}
	return doc.Interface()
}

// ordered gives documents inside a document an order of their fields, so that
// the same record always has the same bytes.
func ordered(v any) any {
	switch v := v.(type) {
	case Fields:
		return document(v, nil)
	case []any:
		list := make([]any, len(v))
		for i, x := range v {
			list[i] = ordered(x)
		}
		return list
	}
	return v
}

func (r *run) write(ops ...core.Op) {
	r.t.Helper()
	if err := r.docs.Write(r.t.Context(), ops...); err != nil {
		r.t.Fatal(err)
	}
}

// state is the records of the model as they are stored, by id.
func (r *run) state() map[string]string {
	state := map[string]string{}
	for doc, err := range r.docs.Find(r.t.Context(), r.m.spec.Name, core.Query{Limit: 1000}) {
		if err != nil {
			r.t.Fatal(err)
		}
		var id struct {
			ID string `bson:"_id"`
		}
		if err := doc.Decode(&id); err != nil {
			r.t.Fatal(err)
		}
		state[id.ID] = string(doc.BSON())
	}
	return state
}

// reset stores the records of the model as they were at first.
func (r *run) reset() {
	ops := append(r.sessions(), core.Op{Kind: core.OpDelete, Coll: r.m.spec.Name, Optional: true})
	for _, name := range r.names() {
		ops = append(ops, r.insert(r.m, r.stored[name]))
	}
	r.write(ops...)
}

// check counts a check and reports one that failed.
func (r *run) check(ok bool, format string, args ...any) bool {
	r.checks++
	if !ok {
		r.failures = append(r.failures, fmt.Sprintf(format, args...))
	}
	return ok
}

// done reports whether the run has found what it looks for.
func (r *run) done() bool { return r.first && len(r.failures) > 0 }

// all carries out the checks, those that cost least first.
func (r *run) all() {
	callers := strings.Fields(Everybody)
	for _, check := range []func(string){r.reads, r.namesGuards, r.writes} {
		for _, caller := range callers {
			if check(caller); r.done() {
				return
			}
		}
	}
	if r.m.spec.Live {
		r.subscriptions(callers)
	}
}
