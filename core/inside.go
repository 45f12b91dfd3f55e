package core

import (
	"context"
	"reflect"
	"slices"
)

// use is an id in a document that leads to another one.
type use struct {
	of   string // the relation: "makerId", or "Link.pageId" inside embedded types
	to   string // the collection that it leads to
	path string // where it stands: "menu.0.pageId"
	id   string
}

// uses lists what a document refers to, in structs inside it too.
func (c *Collection[T]) uses(doc any) []use {
	var list []use
	var in func(doc any, attributes []Attribute, of, at string)
	in = func(doc any, attributes []Attribute, of, at string) {
		for _, a := range attributes {
			switch {
			case a.Reference != "":
				for i, id := range idsOf(doc, a.Name) {
					list = append(list, use{of + a.Name, a.Reference, at + placeOf(a, i), id})
				}
			case c.referring[a.Type]:
				for i, part := range partsOf(doc, a.Name) {
					in(part, c.spec.Embedded[a.Type], a.Type+".", at+placeOf(a, i)+".")
				}
			}
		}
	}
	in(doc, c.spec.Attributes, "", "")
	return list
}

// placeOf is the path of a value of an attribute, the i-th of a list.
func placeOf(a Attribute, i int) string {
	if a.Array {
		return At(a.Name, i)
	}
	return a.Name
}

// partsOf are the structs in a field of doc, one or a list.
func partsOf(doc any, field string) []any {
	v := valueOf(doc, field)
	switch {
	case !v.IsValid():
		return nil
	case v.Kind() == reflect.Slice:
		list := make([]any, 0, v.Len())
		for i := range v.Len() {
			list = append(list, v.Index(i).Interface())
		}
		return list
	case v.Kind() == reflect.Pointer && v.IsNil():
		return nil
	}
	return []any{v.Interface()}
}

// referring are the embedded types that hold references, at any depth.
func (s Spec) referring() map[string]bool {
	in := map[string]bool{}
	for more := true; more; {
		more = false
		for name, attributes := range s.Embedded {
			if !in[name] && slices.ContainsFunc(attributes, func(a Attribute) bool { return a.Reference != "" || in[a.Type] }) {
				in[name], more = true, true
			}
		}
	}
	return in
}

// FollowInside is [Follow] for an id that stands in a struct inside doc: of names its
// embedded type and field, "Link.pageId". What all structs inside doc, and inside those
// that were read together with it, lead to by this field is fetched at once. Without a
// doc the id alone is looked up.
func FollowInside[U any](ctx context.Context, doc Node, of, id string, to *Collection[U]) (*U, error) {
	if id == "" {
		return nil, to.notFound()
	}
	found, err := linked(ctx, linkOf(ctx, doc, of), to, func() []string { return to.types.together(doc, of) })
	if err != nil {
		return nil, err
	}
	return found.one(ctx, id)
}

// FollowAllInside is [FollowAll] for ids that stand in a struct inside doc; see
// [FollowInside].
func FollowAllInside[U any](ctx context.Context, doc Node, of string, ids []string, to *Collection[U]) ([]*U, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	found, err := linked(ctx, linkOf(ctx, doc, of), to, func() []string { return to.types.together(doc, of) })
	if err != nil {
		return nil, err
	}
	return found.all(ctx, ids)
}

// together lists the ids to which a relation leads from all documents that were read
// together with doc.
func (r *registry) together(doc Node, of string) (ids []string) {
	owner := r.ofPrefix(typeOf(doc.head().ID))
	if owner == nil {
		return nil
	}
	doc.head().batch.(anyBatch).each(func(doc Node) {
		for _, u := range owner.uses(doc) {
			if u.of == of {
				ids = append(ids, u.id)
			}
		}
	})
	return ids
}
