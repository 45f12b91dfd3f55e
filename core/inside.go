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
func (c *Collection[T]) uses(doc any) (list []use) {
	c.spec.visit(doc, c.referring, func(doc any, _, a Attribute, of, at string) {
		if a.Reference == "" {
			return
		}
		for i, id := range idsOf(doc, a.Name) {
			list = append(list, use{of + a.Name, a.Reference, at + placeOf(a, i), id})
		}
	})
	return list
}

// visit calls found for the attributes of a document and of the structs inside it whose
// types enter names: with the struct that holds the attribute, the attribute of the
// document in which that is, the embedded type before its name ("Link.", or ""), and where
// it stands ("menu.0.").
func (s *Spec) visit(doc any, enter map[string]bool, found func(doc any, top, a Attribute, of, at string)) {
	var inside func(doc any, top, a Attribute, of, at string)
	inside = func(doc any, top, a Attribute, of, at string) {
		if !enter[a.Type] {
			found(doc, top, a, of, at)
			return
		}
		for i, part := range partsOf(doc, a.Name) {
			for _, b := range s.Embedded[a.Type] {
				inside(part, top, b, a.Type+".", at+placeOf(a, i)+".")
			}
		}
	}
	for _, a := range s.Attributes {
		inside(doc, a, a, "", "")
	}
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
func (s *Spec) referring() map[string]bool {
	return s.containing(func(a Attribute) bool { return a.Reference != "" })
}

// containing are the embedded types with an attribute such as is, at any depth.
func (s *Spec) containing(is func(Attribute) bool) map[string]bool {
	in := map[string]bool{}
	for more := true; more; {
		more = false
		for name, attributes := range s.Embedded {
			if !in[name] && slices.ContainsFunc(attributes, func(a Attribute) bool { return is(a) || in[a.Type] }) {
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
