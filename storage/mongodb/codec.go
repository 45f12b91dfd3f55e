package mongodb

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/grapnel/grapnel/core"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// wordsField is the hidden field with the words of the searchable fields.
const wordsField = "_words"

// doc is an encoded document on its way to the caller.
type doc bson.Raw

var _ core.Doc = doc(nil)

func (d doc) BSON() []byte { return d }

// ID is the document's id; of one that another program wrote, as text.
func (d doc) ID() string {
	v := bson.Raw(d).Lookup("_id")
	if id, ok := v.StringValueOK(); ok {
		return id
	}
	return v.String()
}

func (d doc) Decode(into any) error {
	dec := bson.NewDecoder(bson.NewDocumentReader(bytes.NewReader(d)))
	dec.DefaultDocumentM()
	dec.ObjectIDAsHexString()
	if err := dec.Decode(into); err != nil {
		return core.NewDecodeError(err)
	}
	return nil
}

// encode writes v as the client would.
func encode(v any) (bson.Raw, error) {
	var b bytes.Buffer
	enc := bson.NewEncoder(bson.NewDocumentWriter(&b))
	enc.NilMapAsEmpty()
	enc.NilSliceAsEmpty()
	enc.NilByteSliceAsEmpty()
	if err := enc.Encode(v); err != nil {
		return nil, core.Wrap(core.Internal, err, "The document cannot be stored.")
	}
	return b.Bytes(), nil
}

// document is what is stored for v.
func (c *collection) document(v any) (bson.D, error) {
	raw, err := encode(v)
	if err != nil {
		return nil, err
	}
	fields, err := raw.Elements()
	if err != nil {
		return nil, err
	}
	var d bson.D
	for _, f := range fields {
		if f.Value().Type == bson.TypeNull {
			continue
		}
		d = append(d, bson.E{Key: f.Key(), Value: f.Value()})
	}
	if len(c.spec.Search) > 0 {
		var hidden bson.D
		for _, name := range c.spec.Search {
			hidden = append(hidden, bson.E{Key: name, Value: wordsOf(raw.Lookup(name))})
		}
		d = append(d, bson.E{Key: wordsField, Value: hidden})
	}
	return d, nil
}

// update is a patch as an update document.
func (c *collection) update(p core.Patch) (bson.D, error) {
	set, unset, inc, values := bson.D{}, bson.D{}, bson.D{}, bson.D{}
	for _, e := range p {
		if e.Inc {
			inc = append(inc, bson.E{Key: e.Field, Value: e.Value})
		} else {
			values = append(values, bson.E{Key: e.Field, Value: e.Value})
		}
	}
	raw, err := encode(values)
	if err != nil {
		return nil, err
	}
	fields, err := raw.Elements()
	if err != nil {
		return nil, err
	}
	for _, f := range fields {
		if f.Value().Type == bson.TypeNull {
			unset = append(unset, bson.E{Key: f.Key(), Value: ""})
		} else {
			set = append(set, bson.E{Key: f.Key(), Value: f.Value()})
		}
		if c.searches(f.Key()) {
			set = append(set, bson.E{Key: wordsField + "." + f.Key(), Value: wordsOf(f.Value())})
		}
	}
	var u bson.D
	for _, part := range []bson.E{{Key: "$set", Value: set}, {Key: "$unset", Value: unset}, {Key: "$inc", Value: inc}} {
		if len(part.Value.(bson.D)) > 0 {
			u = append(u, part)
		}
	}
	if u == nil {
		u = bson.D{{Key: "$set", Value: set}} // changes nothing, but says whether something matches
	}
	return u, nil
}

func (c *collection) searches(field string) bool { return slices.Contains(c.spec.Search, field) }

// wordsOf is what the hidden field holds for a value: rulesMark, and the words.
func wordsOf(v bson.RawValue) []string {
	text, _ := v.StringValueOK()
	return append([]string{rulesMark}, core.Words(text)...)
}

// rulesMark stands among the words that were made by the present rules, so that
// those of an older program are told apart, also one that still runs beside this
// one. No word has a #.
var rulesMark = "#" + strconv.Itoa(core.WordRules)
