package core

import (
	"context"
	"fmt"
	"hash/maphash"
	"iter"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	surveyPage = 200 // documents read at once
	fillPage   = 100 // documents written at once
	maxNamed   = 10  // values that messages name

	maxSuspects = 1000 // fingerprints that are looked into
)

// watch is a field whose declaration has changed, so that what the documents
// hold in it must be looked at.
type watch struct {
	Attribute
	unique bool
	fill   bool   // documents without a value get the default
	prefix string // of the ids that a reference holds
}

// finding is what a survey has found in one field.
type finding struct {
	watch
	lacking     int64 // documents without a value
	lackingID   string
	misfits     int64 // documents with a value of another kind
	misfit      string
	misfitID    string
	undeclared  map[string]int64 // documents by a value that the enum has not; at most maxNamed values
	more        bool             // there are others
	twice       string           // a value that two documents hold
	twiceIDs    []string         // these two
	fingerprint []uint64         // of the values of a unique field
}

// survey reads all documents of a collection, as they are before Ensure, and
// looks at some fields. It keeps a page of documents, and eight bytes for each
// value that must be unique.
func survey(ctx context.Context, docs DocStore, coll string, fields []watch) ([]*finding, error) {
	found, seed, unique := make([]*finding, len(fields)), maphash.MakeSeed(), false
	for i, w := range fields {
		found[i] = &finding{watch: w, undeclared: map[string]int64{}}
		unique = unique || w.unique
	}
	for doc, err := range everyDocument(ctx, docs, coll) {
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			f.look(doc, seed)
		}
	}
	if !unique {
		return found, nil
	}
	return found, findTwice(ctx, docs, coll, found, seed)
}

// look judges one document.
func (f *finding) look(doc map[string]any, seed maphash.Seed) {
	id, v := fmt.Sprint(doc["_id"]), doc[f.Name]
	if v == nil {
		if f.lacking++; f.lacking == 1 {
			f.lackingID = id
		}
		return
	}
	list, isList := elementsOf(v)
	if isList != f.Array {
		f.addMisfit(id, v)
		return
	}
	for _, e := range list {
		if k, ok := kindOf(e); !ok || k != f.Kind && !(k == Int && f.Kind == Float) || f.Bits == 32 && isWide(e) || f.isForeign(e) {
			f.addMisfit(id, e)
			return
		}
	}
	if len(f.Values) > 0 {
		for _, s := range distinctValues(list) {
			_, named := f.undeclared[s]
			switch {
			case slices.Contains(f.Values, s):
			case named || len(f.undeclared) < maxNamed:
				f.undeclared[s]++
			default:
				f.more = true
			}
		}
	}
	if f.unique {
		for _, s := range distinctValues(list) {
			f.fingerprint = append(f.fingerprint, maphash.String(seed, s))
		}
	}
}

func (f *finding) addMisfit(id string, v any) {
	if f.misfits++; f.misfits > 1 {
		return
	}
	f.misfitID, f.misfit = id, "a list"
	if _, isList := elementsOf(v); !isList {
		f.misfit = "something unknown"
		if k, ok := kindOf(v); ok {
			f.misfit = withArticle(kindNames[k])
		}
		if f.isForeign(v) {
			f.misfit = fmt.Sprintf("the id %q", v)
		}
		if isWide(v) {
			f.misfit = "an Int64 of more than 32 bits"
		}
	}
}

// findTwice reads the documents once more when fingerprints repeat, for the
// values behind them: two different values seldom have the same.
func findTwice(ctx context.Context, docs DocStore, coll string, found []*finding, seed maphash.Seed) error {
	suspects := map[*finding]map[uint64]bool{}
	for _, f := range found {
		slices.Sort(f.fingerprint)
		for i := 1; i < len(f.fingerprint) && len(suspects[f]) < maxSuspects; i++ {
			if f.fingerprint[i] == f.fingerprint[i-1] {
				if suspects[f] == nil {
					suspects[f] = map[uint64]bool{}
				}
				suspects[f][f.fingerprint[i]] = true
			}
		}
		f.fingerprint = nil
	}
	if len(suspects) == 0 {
		return nil
	}
	holders := map[*finding]map[string]string{} // the first document that holds a value
	for f := range suspects {
		holders[f] = map[string]string{}
	}
	for doc, err := range everyDocument(ctx, docs, coll) {
		if err != nil {
			return err
		}
		id := fmt.Sprint(doc["_id"])
		for f, prints := range suspects {
			list, _ := elementsOf(doc[f.Name])
			for _, s := range distinctValues(list) {
				if !prints[maphash.String(seed, s)] {
					continue
				}
				if first, ok := holders[f][s]; ok && f.twiceIDs == nil {
					f.twice, f.twiceIDs = s, []string{first, id}
				} else if !ok {
					holders[f][s] = id
				}
			}
		}
	}
	return nil
}

// everyDocument yields the documents of a collection by _id, a page at a time.
func everyDocument(ctx context.Context, docs DocStore, coll string) iter.Seq2[map[string]any, error] {
	return func(yield func(map[string]any, error) bool) {
		var after []any
		for {
			list, err := readPage(ctx, docs, coll, after, surveyPage)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, doc := range list {
				if !yield(doc, nil) {
					return
				}
			}
			if len(list) < surveyPage {
				return
			}
			after = []any{list[surveyPage-1]["_id"]}
		}
	}
}

func readPage(ctx context.Context, docs DocStore, coll string, after []any, page int) ([]map[string]any, error) {
	var list []map[string]any
	for doc, err := range docs.Find(ctx, coll, Query{Order: []Order{{Field: "_id"}}, After: after, Limit: page}) {
		if err != nil {
			return nil, err
		}
		m := map[string]any{}
		if err := doc.Decode(&m); err != nil {
			return nil, fmt.Errorf("core: decode from %s: %w", coll, err)
		}
		list = append(list, m)
	}
	return list, nil
}

// fillDefaults gives the documents of a collection that lack a value the
// default, as the system: neither their version nor their time of change moves.
// It may be cut short and run again, also by several servers at once.
func fillDefaults(ctx context.Context, docs DocStore, coll string, fields []watch) error {
	var after []any
	for tries := 0; ; {
		list, err := readPage(ctx, docs, coll, after, fillPage)
		if err != nil {
			return err
		}
		var ops []Op
		for _, doc := range list {
			var p Patch
			for _, f := range fields {
				if doc[f.Name] == nil {
					p = append(p, Set(f.Name, f.Default))
				}
			}
			if p != nil {
				// Pinned, so that a value which a client wrote meanwhile stays.
				ops = append(ops, Op{Kind: OpUpdate, Coll: coll, Filter: And(Eq("_id", doc["_id"]), Eq("version", doc["version"])), Patch: p})
			}
		}
		if len(ops) > 0 {
			err := docs.Write(ctx, ops...)
			if tries++; raced(err) && tries < maxTries {
				continue // read the page again
			}
			if err != nil {
				return err
			}
		}
		if len(list) < fillPage {
			return nil
		}
		after, tries = []any{list[fillPage-1]["_id"]}, 0
	}
}

// elementsOf is the values in a decoded list, without nulls; the value itself
// when it is no list.
func elementsOf(v any) (list []any, isList bool) {
	r := reflect.ValueOf(v)
	if r.Kind() != reflect.Slice {
		if v == nil {
			return nil, false
		}
		return []any{v}, false
	}
	for i := range r.Len() {
		if e := r.Index(i).Interface(); e != nil {
			list = append(list, e)
		}
	}
	return list, true
}

// kindOf is the kind of a value that [Doc] has decoded into a map.
func kindOf(v any) (Kind, bool) {
	switch v.(type) {
	case string:
		return String, true
	case int32, int64:
		return Int, true
	case float64:
		return Float, true
	case bool:
		return Bool, true
	case interface{ Time() time.Time }:
		return Time, true
	}
	return Document, reflect.ValueOf(v).Kind() == reflect.Map
}

// isForeign reports whether v is an id of another type than the field refers to.
func (w watch) isForeign(v any) bool {
	id, ok := v.(string)
	return ok && w.prefix != "" && typeOf(id) != w.prefix
}

// isWide reports whether v is a whole number of more than 32 bits.
func isWide(v any) bool {
	n, ok := v.(int64)
	return ok && (n > math.MaxInt32 || n < math.MinInt32)
}

// distinctValues are values of one kind as texts, each once.
func distinctValues(list []any) []string {
	out := make([]string, 0, len(list))
	for _, v := range list {
		s := ""
		switch v := v.(type) {
		case string:
			s = v
		case float64:
			s = strconv.FormatFloat(v, 'f', -1, 64) // an Int among Floats is written the same
		case interface{ Time() time.Time }:
			s = Millis(v.Time()).Format(time.RFC3339Nano)
		default:
			s = fmt.Sprint(v)
		}
		out = append(out, s)
	}
	return distinct(out)
}

// kindNames are the kinds as the schema calls them.
var kindNames = [...]string{String: "String", Int: "Int", Float: "Float", Bool: "Boolean", Time: "Time", Document: "embedded type"}

// kindName is the kind of an attribute as the schema calls it.
func (a Attribute) kindName() string {
	if a.Kind == Int && a.Bits != 32 {
		return "Int64"
	}
	return kindNames[a.Kind]
}

// withArticle puts the indefinite article before a name.
func withArticle(name string) string {
	if strings.ContainsRune("AEIOaeio", rune(name[0])) {
		return "an " + name
	}
	return "a " + name
}

// refusals are the sentences about what stands in the way in one field of a
// type, each with its remedy.
func (f *finding) refusals(typ string) []string {
	var out []string
	where := fmt.Sprintf("the field %s of %s", f.Name, typ)
	if f.Required && f.lacking > 0 && !f.fill {
		remedy := "Let it be null, or give each of them a value first"
		if f.Reference == "" && !f.unique && f.Kind != Time && f.Kind != Document {
			remedy = "Give it a default with @default(value: …), or let it be null"
		}
		out = append(out, fmt.Sprintf("%s must have a value, and %s no value in it, such as %s. %s.",
			capital(where), plural(f.lacking, "document has", "documents have"), f.lackingID, remedy))
	}
	if f.misfits > 0 {
		want := withArticle(f.kindName())
		if f.Array {
			want = "a list of " + f.kindName()
		}
		if f.prefix != "" {
			want = fmt.Sprintf("a reference to ids that begin with %q", f.prefix+"_")
		}
		out = append(out, fmt.Sprintf("%s is declared as %s, and %s something else in it, such as %s in %s. Declare this field as it was, and the new one under another name.",
			capital(where), want, plural(f.misfits, "document holds", "documents hold"), f.misfit, f.misfitID))
	}
	for _, value := range slices.Sorted(maps.Keys(f.undeclared)) {
		out = append(out, fmt.Sprintf("The value %s is not declared for %s, and %s it. Declare it again, or change these documents first.",
			value, where, plural(f.undeclared[value], "document holds", "documents hold")))
	}
	if f.more {
		out = append(out, fmt.Sprintf("More values that are not declared for %s are in its documents. Declare it as a String.", where))
	}
	if f.twiceIDs != nil {
		value := "the same value in it"
		if len(f.Guard) == 0 { // the log is not for everybody's eyes, but for more than the guard's
			value = strconv.Quote(f.twice) + " in it"
		}
		out = append(out, fmt.Sprintf("%s must be unique, and both %s and %s hold %s. Change such documents first, or leave @unique out.",
			capital(where), f.twiceIDs[0], f.twiceIDs[1], value))
	}
	return out
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// plural counts: "1 document holds", "2 documents hold".
func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
