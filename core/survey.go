package core

import (
	"context"
	"fmt"
	"hash/maphash"
	"iter"
	"maps"
	"math"
	"math/big"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/grapnel/grapnel/core/value"
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
	owner  string // the type that has the field, in words
	look   bool   // at the values, and not only at what is inside them
	unique bool
	fill   bool      // documents without a value get the default
	prefix string    // of the ids that a reference holds
	inside *interior // of the values of an embedded type
}

// interior is the fields of an embedded type: it leads to itself in a tree.
type interior struct{ fields []*watch }

// every yields the fields and those inside them, each once.
func every(fields []*watch) []*watch {
	var all []*watch
	seen := map[*watch]bool{}
	var add func([]*watch)
	add = func(fields []*watch) {
		for _, w := range fields {
			if !seen[w] {
				seen[w] = true
				all = append(all, w)
				if w.inside != nil {
					add(w.inside.fields)
				}
			}
		}
	}
	add(fields)
	return all
}

// visit hands to look what a document holds in fields and in those inside them,
// each with its path; nil where it holds nothing.
func visit(fields []*watch, path string, doc map[string]any, look func(w *watch, path string, v any)) {
	for _, w := range fields {
		v, path := doc[w.Name], path+w.Name
		if w.look {
			look(w, path, v)
		}
		if w.inside == nil {
			continue
		}
		list, isList := elementsOf(v)
		for i, e := range list {
			if inside, ok := asDocument(e); ok {
				at := path
				if isList {
					at = At(path, i)
				}
				visit(w.inside.fields, at+".", inside, look)
			}
		}
	}
}

// asDocument is a struct inside a decoded document.
func asDocument(v any) (map[string]any, bool) {
	r := reflect.ValueOf(v)
	if !r.IsValid() || !r.CanConvert(reflect.TypeFor[map[string]any]()) {
		return nil, false
	}
	return r.Convert(reflect.TypeFor[map[string]any]()).Interface().(map[string]any), true
}

// finding is what a survey has found in one field.
type finding struct {
	*watch
	lacking     count // documents without a value
	misfits     count // documents with a value of another kind
	misfit      string
	undeclared  map[string]*count // documents by a value that the enum has not; at most maxNamed values
	more        bool              // there are others
	twice       string            // a value that two documents hold
	twiceIDs    []string          // these two
	fingerprint []uint64          // of the values of a unique field
}

// count counts documents, each once when it is added several times in a row.
type count struct {
	n           int64
	first, last string // their ids
}

func (c *count) add(id string) (first bool) {
	if c.n > 0 && c.last == id {
		return false
	}
	c.n++
	c.last = id
	if c.n == 1 {
		c.first = id
	}
	return c.n == 1
}

// surveyed is what a survey has found in all documents of a collection.
type surveyed struct {
	found   []*finding
	damaged count             // documents that cannot be read
	broken  map[string]*count // documents by the constraint that they break, in words; at most maxNamed
}

// survey reads all documents of a collection, as they are before Ensure, looks at
// some fields, and with constraints at whether they are kept. It keeps a page of
// documents, and eight bytes for each value that must be unique.
func survey(ctx context.Context, docs DocStore, spec Spec, fields []*watch, constraints bool) (*surveyed, error) {
	s, seed, unique := &surveyed{broken: map[string]*count{}}, maphash.MakeSeed(), false
	by := map[*watch]*finding{}
	for _, w := range every(fields) {
		f := &finding{watch: w, undeclared: map[string]*count{}}
		s.found, by[w], unique = append(s.found, f), f, unique || w.unique
	}
	for doc, err := range everyDocument(ctx, docs, spec.Name) {
		if err != nil {
			return nil, err
		}
		if doc.err != nil {
			s.damaged.add(doc.id)
			continue
		}
		visit(fields, "", doc.fields, func(w *watch, _ string, v any) { by[w].add(doc.id, v, seed) })
		if constraints {
			for _, b := range spec.broken(doc) {
				said := steps.ReplaceAllString(b.Path, "") + " " + b.Message
				if s.broken[said] == nil && len(s.broken) < maxNamed {
					s.broken[said] = &count{}
				}
				if c := s.broken[said]; c != nil {
					c.add(doc.id)
				}
			}
		}
	}
	if !unique {
		return s, nil
	}
	return s, findTwice(ctx, docs, spec.Name, s.found, seed)
}

// steps are the places in lists in a path.
var steps = regexp.MustCompile(`\.\d+`)

// broken are the constraints that a document breaks, as far as it can be decoded.
func (s Spec) broken(doc storedDoc) []FieldError {
	var check Checker
	for _, v := range []any{s.empty(), s.Added.empty()} {
		if c, ok := v.(constrained); ok && doc.Decode(v) == nil {
			c.Constraints(&check)
		}
	}
	return check.fields
}

// empty is a new document; nil when its struct is not known.
func (s Spec) empty() any {
	if s.New == nil {
		return nil
	}
	return s.New()
}

// add judges what one document holds in the field.
func (f *finding) add(id string, v any, seed maphash.Seed) {
	if v == nil {
		f.lacking.add(id)
		return
	}
	if what := f.unfit(v); what != "" {
		if f.misfits.add(id) {
			f.misfit = what
		}
		return
	}
	list, _ := elementsOf(v)
	for _, s := range f.foreign(list) {
		if f.undeclared[s] == nil && len(f.undeclared) == maxNamed {
			f.more = true
			continue
		}
		if f.undeclared[s] == nil {
			f.undeclared[s] = &count{}
		}
		f.undeclared[s].add(id)
	}
	if f.unique {
		for _, s := range distinctValues(list) {
			f.fingerprint = append(f.fingerprint, maphash.String(seed, s))
		}
	}
}

// unfit is what v is when the field cannot hold it; "" when it can.
func (w *watch) unfit(v any) string {
	list, isList := elementsOf(v)
	if isList != w.Array {
		return w.describe(v)
	}
	for _, e := range list {
		if !w.Kind.fits(e) || w.Bits == 32 && isWide(e) || w.isForeign(e) {
			return w.describe(e)
		}
	}
	return ""
}

// foreign are the values that the enum has not.
func (w *watch) foreign(list []any) []string {
	if len(w.Values) == 0 {
		return nil
	}
	return slices.DeleteFunc(distinctValues(list), func(s string) bool { return slices.Contains(w.Values, s) })
}

// describe says what v is.
func (w *watch) describe(v any) string {
	k, ok := kindOf(v)
	switch _, isList := elementsOf(v); {
	case isList:
		return "a list"
	case w.isForeign(v):
		return fmt.Sprintf("the id %q", v)
	case k == Decimal && w.Kind == Decimal:
		return fmt.Sprintf("%v, which is no finite number", v)
	case isWide(v) && w.Kind == Int:
		return "an Int64 of more than 32 bits"
	case ok:
		return withArticle(kindNames[k])
	}
	return "something unknown"
}

// wants is what the field is declared to hold.
func (w *watch) wants() string {
	switch {
	case w.prefix != "":
		return fmt.Sprintf("a reference to ids that begin with %q", w.prefix+"_")
	case w.Array:
		return "a list of " + w.kindName()
	}
	return withArticle(w.kindName())
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
		for f, prints := range suspects {
			list, _ := elementsOf(doc.fields[f.Name])
			for _, s := range distinctValues(list) {
				if !prints[maphash.String(seed, s)] {
					continue
				}
				if first, ok := holders[f][s]; ok && f.twiceIDs == nil {
					f.twice, f.twiceIDs = s, []string{first, doc.id}
				} else if !ok {
					holders[f][s] = doc.id
				}
			}
		}
	}
	return nil
}

// storedDoc is a document as it was found, whatever it holds.
type storedDoc struct {
	Doc
	id     string
	fields map[string]any
	err    error // it cannot be read
}

// everyDocument yields the documents of a collection by _id, a page at a time.
func everyDocument(ctx context.Context, docs DocStore, coll string) iter.Seq2[storedDoc, error] {
	return func(yield func(storedDoc, error) bool) {
		var after []any
		for {
			list, err := readPage(ctx, docs, coll, after, surveyPage)
			if err != nil {
				yield(storedDoc{}, err)
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
			after = []any{list[surveyPage-1].id}
		}
	}
}

// exists reports whether a document matches.
func exists(ctx context.Context, docs DocStore, coll string, where Filter) (bool, error) {
	for _, err := range docs.Find(ctx, coll, Query{Filter: where, Limit: 1}) {
		return err == nil, err
	}
	return false, nil
}

func readPage(ctx context.Context, docs DocStore, coll string, after []any, page int) ([]storedDoc, error) {
	var list []storedDoc
	for doc, err := range docs.Find(ctx, coll, Query{Order: []Order{{Field: "_id"}}, After: after, Limit: page, Identify: true}) {
		if err != nil {
			return nil, err
		}
		d := storedDoc{Doc: doc, id: doc.ID(), fields: map[string]any{}}
		d.err = doc.Decode(&d.fields)
		list = append(list, d)
	}
	return list, nil
}

// rewrite changes the documents of a collection that edit wants changed, as the
// system: neither their version nor their time of change moves. It may be cut short
// and run again, also by several servers at once.
func rewrite(ctx context.Context, docs DocStore, coll string, edit func(storedDoc) Patch) error {
	var after []any
	for tries := 0; ; {
		list, err := readPage(ctx, docs, coll, after, fillPage)
		if err != nil {
			return err
		}
		var ops []Op
		for _, doc := range list {
			if doc.err != nil {
				continue
			}
			if p := edit(doc); p != nil {
				// Pinned, so that a value which a client wrote meanwhile stays.
				ops = append(ops, Op{Kind: OpUpdate, Coll: coll, Filter: And(Eq("_id", doc.fields["_id"]), Eq("version", doc.fields["version"])), Patch: p})
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
		after, tries = []any{list[fillPage-1].id}, 0
	}
}

// fillDefaults gives the documents of a collection that lack a value the default.
func fillDefaults(ctx context.Context, docs DocStore, coll string, fields []*watch) error {
	return rewrite(ctx, docs, coll, func(doc storedDoc) (p Patch) {
		for _, w := range fields {
			if v, filled := w.filled(doc.fields[w.Name]); filled {
				p = append(p, Set(w.Name, v))
			}
		}
		return p
	})
}

// fillHidden gives the documents of a collection the hidden fields that its type
// asks for now.
func fillHidden(ctx context.Context, docs DocStore, s Spec) error {
	return rewrite(ctx, docs, s.Name, s.mendHidden)
}

// mendHidden is the hidden fields that a stored document should have and has not.
func (s Spec) mendHidden(doc storedDoc) (p Patch) {
	for _, e := range s.hiddenOf(doc) {
		if have := doc.fields[e.Field]; !sameHidden(have, e.Value) {
			p = append(p, e)
		}
	}
	return p
}

// sameHidden compares a hidden field as it is stored with what it should be.
func sameHidden(have, want any) bool {
	if _, isList := want.([]string); !isList {
		return have == want
	}
	stored, _ := elementsOf(have)
	wanted, _ := elementsOf(want)
	return slices.Equal(stored, wanted)
}

// hiddenOf is the hidden fields of a stored document. One that does not fit its struct
// is for nobody: so those who may read all find it, and are told.
func (s Spec) hiddenOf(doc storedDoc) Patch {
	whole, added := s.empty(), s.Added.empty()
	if whole == nil || !s.hides() {
		return nil
	}
	if doc.Decode(whole) != nil || added != nil && doc.Decode(added) != nil {
		if !s.audience.varies() {
			return nil
		}
		return Patch{Set(audienceField, nobody)}
	}
	whole.(Node).head().added = added
	return s.Hidden(whole)
}

// filled is v with the defaults that are missing from it or inside it.
func (w *watch) filled(v any) (_ any, filled bool) {
	if v == nil {
		return w.Default, w.fill
	}
	if w.inside == nil {
		return v, false
	}
	list, _ := elementsOf(v)
	for _, e := range list {
		doc, ok := asDocument(e)
		if !ok {
			continue
		}
		for _, in := range w.inside.fields {
			if x, is := in.filled(doc[in.Name]); is {
				doc[in.Name], filled = x, true
			}
		}
	}
	return v, filled
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
	case decimal128:
		return Decimal, true
	}
	return Document, reflect.ValueOf(v).Kind() == reflect.Map
}

// decimal128 is what a store decodes a Decimal into, within a map.
type decimal128 interface {
	BigInt() (coefficient *big.Int, exp int, err error)
	String() string
}

// fits reports whether a field of the kind can hold a value that [Doc] has decoded
// into a map.
func (k Kind) fits(v any) bool {
	is, ok := kindOf(v)
	switch text, _ := v.(string); {
	case !ok:
		return false
	case is == String && k == Date:
		return value.Date(text).Check() == nil
	case is == String && k == JSON:
		return value.JSON(text).Check() == nil
	case is == Decimal && k == Decimal:
		_, err := value.ParseDecimal(fmt.Sprint(v)) // which may be infinite
		return err == nil
	case is == Int && (k == Float || k == Decimal):
		return true
	}
	return is == k
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
		case decimal128:
			if d, err := value.ParseDecimal(v.String()); err == nil {
				s = d.Normal().String()
			}
		default:
			s = fmt.Sprint(v)
		}
		out = append(out, s)
	}
	return distinct(out)
}

// kindNames are the kinds as the schema calls them.
var kindNames = [...]string{String: "String", Int: "Int", Float: "Float", Bool: "Boolean", Time: "Time", Date: "Date", Decimal: "Decimal", JSON: "JSON", Document: "embedded type"}

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

// where names the field.
func (w *watch) where() string { return fmt.Sprintf("the field %s of %s", w.Name, w.owner) }

// refusals are the sentences about what stands in the way in one field, each with
// its remedy.
func (f *finding) refusals() []string {
	var out []string
	where := f.where()
	if f.Required && f.lacking.n > 0 && !f.fill {
		remedy := "Let it be null, or give each of them a value first"
		if f.Reference == "" && !f.unique && f.Kind != Time && f.Kind != Document {
			remedy = "Give it a default with @default(value: …), or let it be null"
		}
		out = append(out, fmt.Sprintf("%s must have a value, and %s no value in it, such as %s. %s.",
			capital(where), plural(f.lacking.n, "document has", "documents have"), f.lacking.first, remedy))
	}
	if f.misfits.n > 0 {
		out = append(out, fmt.Sprintf("%s is declared as %s, and %s something else in it, such as %s in %s. Declare this field as it was, and the new one under another name.",
			capital(where), f.wants(), plural(f.misfits.n, "document holds", "documents hold"), f.misfit, f.misfits.first))
	}
	for _, value := range slices.Sorted(maps.Keys(f.undeclared)) {
		out = append(out, fmt.Sprintf("The value %s is not declared for %s, and %s it. Declare it again, or change these documents first.",
			value, where, plural(f.undeclared[value].n, "document holds", "documents hold")))
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
