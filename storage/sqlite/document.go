package sqlite

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"strings"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/core/value"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// document is a stored document; its bytes are never changed.
type document struct {
	raw []byte
	id  string // where the query asked for it
}

var _ core.Doc = (*document)(nil)

// brief makes a document of the beginning of one, as read by briefly: the
// header counts what is there, and a zero byte ends it.
func brief(raw []byte) []byte {
	if len(raw) < 5 {
		return raw // damaged
	}
	binary.LittleEndian.PutUint32(raw, uint32(len(raw)))
	raw[len(raw)-1] = 0
	return raw
}

// briefly reads a document up to its Bulk fields, and one byte more.
const briefly = "substr(c.doc,1,c.cut+1)"

// BSON is the document as stored.
func (d *document) BSON() []byte { return d.raw }

// ID is the id by which the document was found, or else what its bytes say.
func (d *document) ID() string {
	if d.id == "" && len(d.raw) > 5 {
		for rest := d.raw[4 : len(d.raw)-1]; len(rest) > 0; {
			key, t, value, n := element(rest)
			if n == 0 {
				break
			}
			if string(key) == "_id" && t == bson.TypeString {
				return text(value)
			}
			rest = rest[n:]
		}
	}
	return d.id
}

// Decode fills a struct, with the options that both document stores use.
func (d *document) Decode(into any) error {
	if fastDecode(d.raw, into) {
		return nil
	}
	if err := libraryDecode(d.raw, into); err != nil {
		return core.NewDecodeError(err)
	}
	return nil
}

func libraryDecode(raw []byte, into any) error {
	dec := bson.NewDecoder(bson.NewDocumentReader(bytes.NewReader(raw)))
	dec.DefaultDocumentM()
	dec.ObjectIDAsHexString()
	return dec.Decode(into)
}

// encode is the twin of Decode.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := bson.NewEncoder(bson.NewDocumentWriter(&b))
	enc.NilSliceAsEmpty()
	enc.NilMapAsEmpty()
	enc.NilByteSliceAsEmpty()
	if err := enc.Encode(v); err != nil {
		return nil, core.Wrap(core.Internal, err, "A document cannot be stored.")
	}
	return b.Bytes(), nil
}

// record is a document with what the tables hold of it.
type record struct {
	raw     []byte
	id      string
	columns []any    // by field.at
	arrays  [][]any  // by field.at; distinct elements
	texts   []string // of the searched fields, in the order of the spec
	marks   []string // that stand before its words
	words   string   // in texts, once fold was called
	cut     int      // where the Bulk and hidden fields begin that end the document; else its end
}

// record takes apart an encoded document.
func (c *collection) record(raw []byte) (*record, error) {
	r := &record{raw: raw, columns: make([]any, len(c.columns)), arrays: make([][]any, len(c.arrays)), texts: make([]string, len(c.spec.Search))}
	at := 4
	err := elements(raw, func(e bson.RawElement, key []byte) error {
		name := string(key)
		if f := c.fields[name]; !slices.Contains(c.spec.Bulk, name) && (f == nil || !f.Hidden) {
			r.cut = at + len(e)
		}
		at += len(e)
		if name == "_id" {
			id, ok := e.Value().StringValueOK()
			if !ok || id == "" {
				return core.Errorf(core.Internal, "A document's _id is not a string.")
			}
			r.id = id
			return nil
		}
		if i := slices.Index(c.spec.Search, name); i >= 0 {
			r.texts[i], _ = e.Value().StringValueOK()
		}
		f := c.fields[name]
		if f == nil {
			return nil
		}
		v := e.Value()
		if !f.Array {
			var err error
			r.columns[f.at], err = f.value(v)
			return err
		}
		if v.Type == bson.TypeNull {
			return nil
		}
		list, ok := v.ArrayOK()
		if !ok {
			return f.mismatch(v)
		}
		elems, err := list.Values()
		if err != nil {
			return core.Wrap(core.Internal, err, "A document cannot be read.")
		}
		seen := make(map[any]bool, len(elems))
		for _, e := range elems {
			v, err := f.value(e)
			if err != nil {
				return err
			}
			if v != nil && !seen[v] {
				seen[v] = true
				r.arrays[f.at] = append(r.arrays[f.at], v)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if r.id == "" {
		return nil, core.Errorf(core.Internal, "A document of %q has no _id.", c.spec.Name)
	}
	r.marks = c.marksOf(r)
	return r, nil
}

// fold finds the words that the full-text index gets to see.
func (r *record) fold() *record {
	var all strings.Builder
	for i, t := range r.texts {
		words := core.Words(t)
		all.Grow(len(r.marks) * (len(t) + len(words)*(len(ownerMark(""))+1)))
		for _, mark := range r.marks {
			for _, w := range words {
				all.WriteString(mark)
				all.WriteString(w)
				all.WriteByte(' ')
				if i == 0 && len(r.texts) > 1 {
					all.WriteString(mark)
					all.WriteString(firstMark)
					all.WriteString(w)
					all.WriteByte(' ')
				}
			}
		}
	}
	r.words = all.String()
	return r
}

// value brings a stored value to the form of f's column.
func (f *field) value(v bson.RawValue) (any, error) {
	switch {
	case v.Type == bson.TypeNull, v.Type == bson.TypeUndefined:
		return nil, nil
	case v.Type == bson.TypeString && (f.Kind == core.String || f.Kind == core.Date):
		return v.StringValue(), nil
	case v.Type == bson.TypeInt32 && f.Kind == core.Int:
		return int64(v.Int32()), nil
	case v.Type == bson.TypeInt64 && f.Kind == core.Int:
		return v.Int64(), nil
	case v.Type == bson.TypeInt32 && f.Kind == core.Float:
		return float64(v.Int32()), nil
	case v.Type == bson.TypeInt64 && f.Kind == core.Float:
		return float64(v.Int64()), nil
	case v.Type == bson.TypeDouble && f.Kind == core.Float:
		if d := v.Double(); !math.IsNaN(d) {
			return d, nil
		}
		return nil, core.Errorf(core.Invalid, "The field %s holds no number.", f.Name)
	case f.Kind == core.Decimal:
		var d value.Decimal
		if d.UnmarshalBSONValue(byte(v.Type), v.Value) == nil {
			return sortable(d.SortKey()), nil
		}
	case v.Type == bson.TypeBoolean && f.Kind == core.Bool:
		if v.Boolean() {
			return int64(1), nil
		}
		return int64(0), nil
	case v.Type == bson.TypeDateTime && f.Kind == core.Time:
		return v.DateTime(), nil
	}
	return nil, f.mismatch(v)
}

func (f *field) mismatch(v bson.RawValue) error {
	return core.Errorf(core.Internal, "The field %s holds a %s, which is not what it is declared to hold.", f.Name, v.Type)
}

// elements calls visit for each top-level element of a document.
func elements(raw []byte, visit func(e bson.RawElement, key []byte) error) error {
	if len(raw) < 5 || int(binary.LittleEndian.Uint32(raw)) != len(raw) {
		return core.Errorf(core.Internal, "A stored document is damaged.")
	}
	for rest := raw[4 : len(raw)-1]; len(rest) > 0; {
		key, _, _, n := element(rest)
		if n == 0 {
			return core.Errorf(core.Internal, "A stored document is damaged.")
		}
		if err := visit(bson.RawElement(rest[:n]), key); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}

// valueSize measures a value by the BSON specification, version 1.1.
// It reports false for damaged values and for types that no document of ours has.
func valueSize(t bson.Type, b []byte) (n int, ok bool) {
	switch t {
	case bson.TypeNull, bson.TypeUndefined, bson.TypeMinKey, bson.TypeMaxKey:
	case bson.TypeBoolean:
		n = 1
	case bson.TypeInt32:
		n = 4
	case bson.TypeDouble, bson.TypeInt64, bson.TypeDateTime, bson.TypeTimestamp:
		n = 8
	case bson.TypeObjectID:
		n = 12
	case bson.TypeDecimal128:
		n = 16
	case bson.TypeString, bson.TypeJavaScript, bson.TypeSymbol, bson.TypeBinary, bson.TypeEmbeddedDocument, bson.TypeArray:
		if len(b) < 4 {
			return 0, false
		}
		n = int(int32(binary.LittleEndian.Uint32(b)))
		switch t {
		case bson.TypeBinary:
			n += 5
		case bson.TypeString, bson.TypeJavaScript, bson.TypeSymbol:
			n += 4
		}
		if n < 5 {
			return 0, false
		}
	default:
		return 0, false
	}
	if n > len(b) {
		return 0, false
	}
	return n, true
}

// change is one edit of a Patch, encoded.
type change struct {
	field string
	elem  []byte // BSON element; of a Set
	inc   int64
	isInc bool
}

func encodePatch(p core.Patch) ([]change, error) {
	out := make([]change, len(p))
	for i, e := range p {
		if e.Field == "_id" || e.Field == "" || strings.ContainsAny(e.Field, "\x00") {
			return nil, core.Errorf(core.Internal, "The field %q cannot be changed.", e.Field)
		}
		for _, o := range p[:i] {
			if o.Field == e.Field {
				return nil, core.Errorf(core.Internal, "The field %q is changed twice.", e.Field)
			}
		}
		out[i] = change{field: e.Field, isInc: e.Inc}
		if e.Inc {
			n, ok := e.Value.(int64)
			if !ok {
				return nil, core.Errorf(core.Internal, "The field %q cannot be incremented by a %T.", e.Field, e.Value)
			}
			out[i].inc = n
			continue
		}
		raw, err := encode(bson.D{{Key: e.Field, Value: e.Value}})
		if err != nil {
			return nil, err
		}
		out[i].elem = raw[4 : len(raw)-1]
	}
	return out, nil
}

// patch returns a copy of an encoded document with the changes made.
func patch(raw []byte, changes []change) ([]byte, error) {
	out := make([]byte, 4, len(raw)+64)
	done := make([]bool, len(changes))
	err := elements(raw, func(e bson.RawElement, key []byte) error {
		for i := range changes {
			if changes[i].field == string(key) {
				done[i] = true
				var err error
				out, err = changes[i].appendTo(out, e.Value())
				return err
			}
		}
		out = append(out, e...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i := range changes {
		if !done[i] {
			if out, err = changes[i].appendTo(out, bson.RawValue{Type: bson.TypeNull}); err != nil {
				return nil, err
			}
		}
	}
	out = append(out, 0)
	binary.LittleEndian.PutUint32(out, uint32(len(out)))
	return out, nil
}

// appendTo appends the changed element; v is the present value.
func (c *change) appendTo(out []byte, v bson.RawValue) ([]byte, error) {
	if !c.isInc {
		return append(out, c.elem...), nil
	}
	var n int64
	switch v.Type {
	case bson.TypeNull, bson.TypeUndefined:
	case bson.TypeInt32:
		n = int64(v.Int32())
	case bson.TypeInt64:
		n = v.Int64()
	default:
		return nil, core.Errorf(core.Internal, "The field %s is no integer and cannot be incremented.", c.field)
	}
	sum := n + c.inc
	if (sum > n) != (c.inc > 0) && c.inc != 0 {
		return nil, core.Errorf(core.Invalid, "The field %s would become too large.", c.field)
	}
	out = append(out, byte(bson.TypeInt64))
	out = append(out, c.field...)
	out = append(out, 0)
	return binary.LittleEndian.AppendUint64(out, uint64(sum)), nil
}
