package translate

import (
	"fmt"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
)

// maxIn bounds the values of an `in`.
const maxIn = 100

// Reader turns a where input into a core.Filter and collects what is wrong
// with it. An explicit null is refused wherever it could widen the answer
// unnoticed: it means "has none" in eq and is an error elsewhere.
type Reader struct{ fields []core.FieldError }

func (w *Reader) refuse(path, code, message string) {
	w.fields = append(w.fields, core.FieldError{Path: path, Code: code, Message: message})
}

// Where converts a where argument with the function that is generated for it.
func Where[W any](in *W, convert func(*Reader, string, *W) core.Filter) (core.Filter, error) {
	if in == nil {
		return core.All, nil
	}
	w := &Reader{}
	f := convert(w, "where", in)
	return f, core.InvalidFields(w.fields)
}

// ID reads the conditions on an id; see [Field].
func ID(w *Reader, at, name, stored string, in graphql.Omittable[*model.IDFilter]) core.Filter {
	return Field(w, at, name, stored, in, func(c *Conditions, f *model.IDFilter) {
		Equality(c, f.Eq, f.Ne, f.In)
	})
}

// String reads the conditions on a text; see [Field].
func String(w *Reader, at, name, stored string, in graphql.Omittable[*model.StringFilter]) core.Filter {
	return Field(w, at, name, stored, in, func(c *Conditions, f *model.StringFilter) {
		Equality(c, f.Eq, f.Ne, f.In)
		one(c, "prefix", f.Prefix, func(field string, v any) core.Filter { return core.Prefix(field, v.(string)) })
	})
}

// Int reads the conditions on a whole number; see [Field].
func Int(w *Reader, at, name, stored string, in graphql.Omittable[*model.IntFilter]) core.Filter {
	return Field(w, at, name, stored, in, func(c *Conditions, f *model.IntFilter) {
		Equality(c, f.Eq, f.Ne, f.In)
		ranges(c, f.Lt, f.Lte, f.Gt, f.Gte)
	})
}

// Int64 reads the conditions on a whole number of 64 bits; see [Field].
func Int64(w *Reader, at, name, stored string, in graphql.Omittable[*model.Int64Filter]) core.Filter {
	return Field(w, at, name, stored, in, func(c *Conditions, f *model.Int64Filter) {
		Equality(c, f.Eq, f.Ne, f.In)
		ranges(c, f.Lt, f.Lte, f.Gt, f.Gte)
	})
}

// Float reads the conditions on a number; see [Field].
func Float(w *Reader, at, name, stored string, in graphql.Omittable[*model.FloatFilter]) core.Filter {
	return Field(w, at, name, stored, in, func(c *Conditions, f *model.FloatFilter) {
		Equality(c, f.Eq, f.Ne, f.In)
		ranges(c, f.Lt, f.Lte, f.Gt, f.Gte)
	})
}

// Boolean reads the conditions on a truth value; see [Field].
func Boolean(w *Reader, at, name, stored string, in graphql.Omittable[*model.BooleanFilter]) core.Filter {
	return Field(w, at, name, stored, in, func(c *Conditions, f *model.BooleanFilter) {
		Equality(c, f.Eq, f.Ne, graphql.Omittable[[]bool]{})
	})
}

// Time reads the conditions on a moment; see [Field].
func Time(w *Reader, at, name, stored string, in graphql.Omittable[*model.TimeFilter]) core.Filter {
	return Field(w, at, name, stored, in, func(c *Conditions, f *model.TimeFilter) {
		Equality(c, f.Eq, graphql.Omittable[*time.Time]{}, graphql.Omittable[[]time.Time]{})
		ranges(c, f.Lt, f.Lte, f.Gt, f.Gte)
	})
}

// Date reads the conditions on a day; see [Field].
func Date(w *Reader, at, name, stored string, in graphql.Omittable[*model.DateFilter]) core.Filter {
	return Field(w, at, name, stored, in, func(c *Conditions, f *model.DateFilter) {
		Equality(c, f.Eq, f.Ne, f.In)
		ranges(c, f.Lt, f.Lte, f.Gt, f.Gte)
	})
}

// Decimal reads the conditions on a decimal number; see [Field].
func Decimal(w *Reader, at, name, stored string, in graphql.Omittable[*model.DecimalFilter]) core.Filter {
	return Field(w, at, name, stored, in, func(c *Conditions, f *model.DecimalFilter) {
		Equality(c, f.Eq, f.Ne, OptValues(f.In))
		ranges(c, f.Lt, f.Lte, f.Gt, f.Gte)
	})
}

// IDList reads the conditions on a list of ids; see [Field].
func IDList(w *Reader, at, name, stored string, in graphql.Omittable[*model.IDListFilter]) core.Filter {
	return Field(w, at, name, stored, in, func(c *Conditions, f *model.IDListFilter) {
		Has(c, f.Has, f.HasSome)
	})
}

// StringList reads the conditions on a list of texts; see [Field].
func StringList(w *Reader, at, name, stored string, in graphql.Omittable[*model.StringListFilter]) core.Filter {
	return Field(w, at, name, stored, in, func(c *Conditions, f *model.StringListFilter) {
		Has(c, f.Has, f.HasSome)
	})
}

// Conditions are those of one field, joined by AND.
type Conditions struct {
	w         *Reader
	at, field string
	all       []core.Filter
}

// Field reads the conditions on one field with read: at is the path of the where,
// name the field there, and stored the one in documents.
func Field[F any](w *Reader, at, name, stored string, in graphql.Omittable[*F], read func(*Conditions, *F)) core.Filter {
	f, set := in.ValueOK()
	if !set {
		return core.All
	}
	c := &Conditions{w: w, at: at + "." + name, field: stored}
	if f == nil {
		w.refuse(c.at, "REQUIRED", "must not be null; leave it out")
		return core.None
	}
	read(c, f)
	if len(c.all) == 0 {
		return core.Nothing(stored)
	}
	return core.And(c.all...)
}

// Equality reads eq, ne and in.
func Equality[V any](c *Conditions, eq, ne graphql.Omittable[*V], in graphql.Omittable[[]V]) {
	if v, set := eq.ValueOK(); set && v == nil {
		c.all = append(c.all, core.Eq(c.field, nil))
	} else {
		one(c, "eq", eq, core.Eq)
	}
	one(c, "ne", ne, core.Ne)
	some(c, "in", in)
}

// Has reads has and hasSome, the conditions on a list.
func Has[V any](c *Conditions, has graphql.Omittable[*V], hasSome graphql.Omittable[[]V]) {
	one(c, "has", has, core.Eq)
	some(c, "hasSome", hasSome)
}

func ranges[V any](c *Conditions, lt, lte, gt, gte graphql.Omittable[*V]) {
	one(c, "lt", lt, core.Lt)
	one(c, "lte", lte, core.Lte)
	one(c, "gt", gt, core.Gt)
	one(c, "gte", gte, core.Gte)
}

func one[V any](c *Conditions, name string, in graphql.Omittable[*V], make func(string, any) core.Filter) {
	v, set := in.ValueOK()
	switch {
	case set && v == nil:
		c.w.refuse(c.at+"."+name, "REQUIRED", "must not be null; leave it out")
	case set:
		c.all = append(c.all, make(c.field, *v))
	}
}

func some[V any](c *Conditions, name string, in graphql.Omittable[[]V]) {
	v, set := in.ValueOK()
	switch {
	case set && v == nil:
		c.w.refuse(c.at+"."+name, "REQUIRED", "must not be null; leave it out")
	case len(v) > maxIn:
		c.w.refuse(c.at+"."+name, "TOO_MANY", fmt.Sprintf("must have at most %d entries", maxIn))
	case set:
		c.all = append(c.all, core.In(c.field, v))
	}
}

// Logic reads and, or and not of a where.
func Logic[W any](w *Reader, at string, and, or graphql.Omittable[[]*W], not graphql.Omittable[*W], convert func(*Reader, string, *W) core.Filter) core.Filter {
	list := func(name string, in graphql.Omittable[[]*W]) (fs []core.Filter, set bool) {
		v, set := in.ValueOK()
		if set && v == nil {
			w.refuse(at+"."+name, "REQUIRED", "must not be null; leave it out")
		}
		for i, e := range v {
			fs = append(fs, convert(w, fmt.Sprintf("%s.%s.%d", at, name, i), e))
		}
		return fs, set
	}
	all, _ := list("and", and)
	if any, set := list("or", or); set {
		all = append(all, core.Or(any...))
	}
	if v, set := not.ValueOK(); set && v == nil {
		w.refuse(at+".not", "REQUIRED", "must not be null; leave it out")
	} else if set {
		all = append(all, core.Not(convert(w, at+".not", v)))
	}
	return core.And(all...)
}
