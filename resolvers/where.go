package resolvers

import (
	"fmt"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
)

// maxIn bounds the values of an `in`.
const maxIn = 100

// whereReader turns a where input into a core.Filter and collects what is
// wrong with it. An explicit null is refused wherever it could widen the
// answer unnoticed: it means "has none" in eq and is an error elsewhere.
type whereReader struct{ fields []core.FieldError }

func (w *whereReader) refuse(path, code, message string) {
	w.fields = append(w.fields, core.FieldError{Path: path, Code: code, Message: message})
}

// read converts a where argument with one of the functions below.
func read[W any](in *W, convert func(*whereReader, string, *W) core.Filter) (core.Filter, error) {
	if in == nil {
		return core.All, nil
	}
	w := &whereReader{}
	f := convert(w, "where", in)
	return f, core.InvalidFields(w.fields)
}

func userWhere(w *whereReader, at string, in *model.UserWhere) core.Filter {
	return core.And(
		logic(w, at, in.And, in.Or, in.Not, userWhere),
		idFilter(w, at+".id", "_id", in.ID),
		stringFilter(w, at+".username", "username", in.Username),
		stringFilter(w, at+".email", "email", in.Email),
		field(w, at+".role", "role", in.Role, func(c *conditions, f *model.RoleFilter) { equality(c, f.Eq, f.Ne, f.In) }),
		timeFilter(w, at+".suspendedAt", "suspendedAt", in.SuspendedAt),
		timeFilter(w, at+".createdAt", "createdAt", in.CreatedAt),
	)
}

func postWhere(w *whereReader, at string, in *model.PostWhere) core.Filter {
	return core.And(
		logic(w, at, in.And, in.Or, in.Not, postWhere),
		idFilter(w, at+".id", "_id", in.ID),
		field(w, at+".status", "status", in.Status, func(c *conditions, f *model.PostStatusFilter) { equality(c, f.Eq, f.Ne, f.In) }),
		idFilter(w, at+".authorId", "authorId", in.AuthorID),
		listFilter(w, at+".tags", "tags", in.Tags),
		timeFilter(w, at+".publishedAt", "publishedAt", in.PublishedAt),
		timeFilter(w, at+".createdAt", "createdAt", in.CreatedAt),
		timeFilter(w, at+".updatedAt", "updatedAt", in.UpdatedAt),
	)
}

func assetWhere(w *whereReader, at string, in *model.AssetWhere) core.Filter {
	return core.And(
		logic(w, at, in.And, in.Or, in.Not, assetWhere),
		idFilter(w, at+".id", "_id", in.ID),
		idFilter(w, at+".ownerId", "ownerId", in.OwnerID),
		stringFilter(w, at+".contentType", "contentType", in.ContentType),
		stringFilter(w, at+".filename", "filename", in.Filename),
		field(w, at+".visibility", "visibility", in.Visibility, func(c *conditions, f *model.VisibilityFilter) { equality(c, f.Eq, f.Ne, f.In) }),
		timeFilter(w, at+".createdAt", "createdAt", in.CreatedAt),
	)
}

func idFilter(w *whereReader, at, name string, in graphql.Omittable[*model.IDFilter]) core.Filter {
	return field(w, at, name, in, func(c *conditions, f *model.IDFilter) { equality(c, f.Eq, f.Ne, f.In) })
}

func stringFilter(w *whereReader, at, name string, in graphql.Omittable[*model.StringFilter]) core.Filter {
	return field(w, at, name, in, func(c *conditions, f *model.StringFilter) {
		equality(c, f.Eq, f.Ne, f.In)
		value(c, "prefix", f.Prefix, func(field string, v any) core.Filter { return core.Prefix(field, v.(string)) })
	})
}

func listFilter(w *whereReader, at, name string, in graphql.Omittable[*model.StringListFilter]) core.Filter {
	return field(w, at, name, in, func(c *conditions, f *model.StringListFilter) {
		value(c, "has", f.Has, core.Eq)
		values(c, "hasSome", f.HasSome)
	})
}

func timeFilter(w *whereReader, at, name string, in graphql.Omittable[*model.TimeFilter]) core.Filter {
	return field(w, at, name, in, func(c *conditions, f *model.TimeFilter) {
		equality(c, f.Eq, graphql.Omittable[*time.Time]{}, graphql.Omittable[[]time.Time]{})
		value(c, "lt", f.Lt, core.Lt)
		value(c, "lte", f.Lte, core.Lte)
		value(c, "gt", f.Gt, core.Gt)
		value(c, "gte", f.Gte, core.Gte)
	})
}

// conditions are those of one field, joined by AND.
type conditions struct {
	w         *whereReader
	at, field string
	all       []core.Filter
}

// field reads the conditions of one field.
func field[F any](w *whereReader, at, name string, in graphql.Omittable[*F], read func(*conditions, *F)) core.Filter {
	f, set := in.ValueOK()
	if !set {
		return core.All
	}
	if f == nil {
		w.refuse(at, "REQUIRED", "must not be null; leave it out")
		return core.None
	}
	c := &conditions{w: w, at: at, field: name}
	read(c, f)
	return core.And(c.all...)
}

func equality[V any](c *conditions, eq, ne graphql.Omittable[*V], in graphql.Omittable[[]V]) {
	if v, set := eq.ValueOK(); set && v == nil {
		c.all = append(c.all, core.Eq(c.field, nil))
	} else {
		value(c, "eq", eq, core.Eq)
	}
	value(c, "ne", ne, core.Ne)
	values(c, "in", in)
}

func value[V any](c *conditions, name string, in graphql.Omittable[*V], make func(string, any) core.Filter) {
	v, set := in.ValueOK()
	switch {
	case set && v == nil:
		c.w.refuse(c.at+"."+name, "REQUIRED", "must not be null; leave it out")
	case set:
		c.all = append(c.all, make(c.field, *v))
	}
}

func values[V any](c *conditions, name string, in graphql.Omittable[[]V]) {
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

// logic reads and, or and not of a where.
func logic[W any](w *whereReader, at string, and, or graphql.Omittable[[]*W], not graphql.Omittable[*W], convert func(*whereReader, string, *W) core.Filter) core.Filter {
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
