package core

import (
	"reflect"
	"strings"
	"sync"
	"time"
)

// Head is what every stored type begins with: embed it with
// `bson:",inline"`. Ids are a type prefix and a UUIDv7, so they sort by
// creation and name their type. Version counts, from 1, the edits that clients
// see.
type Head struct {
	ID        string    `bson:"_id"`
	Version   int64     `bson:"version"`
	CreatedAt time.Time `bson:"createdAt"`
	UpdatedAt time.Time `bson:"updatedAt"`

	brief bool       // the Bulk fields may be missing
	size  int        // bytes as it is stored, when it was read
	own   *Principal // of the user itself, who has just proved who it is; it reads the document as that
	batch any        // *batch[T]: the documents that one caller read together with this one
	added any        // the fields that a project added; see Addition
	rank  int64      // in the order by relevance in which it was read
}

// head lets a Collection reach the Head of any type that embeds it.
func (h *Head) head() *Head { return h }

// Node is any stored object: a pointer to a struct that embeds [Head].
type Node interface{ head() *Head }

// IDOf is the id of a stored object.
func IDOf(doc Node) string { return doc.head().ID }

// layout maps the BSON names of a struct type to its fields.
type layout struct {
	names []string
	index map[string][]int
}

var layouts sync.Map // reflect.Type -> *layout; a cache of a pure function

func layoutOf(t reflect.Type) *layout {
	if l, ok := layouts.Load(t); ok {
		return l.(*layout)
	}
	l := &layout{index: map[string][]int{}}
	l.add(t, nil)
	layouts.Store(t, l)
	return l
}

func (l *layout) add(t reflect.Type, at []int) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, ok := f.Tag.Lookup("bson")
		if !ok || tag == "-" {
			continue
		}
		index := append(append([]int(nil), at...), i)
		name, opts, _ := strings.Cut(tag, ",")
		if strings.Contains(opts, "inline") {
			l.add(f.Type, index)
			continue
		}
		l.names = append(l.names, name)
		l.index[name] = index
	}
}

// fieldOf is the value of doc's field, in the types of [Filter]; an array is
// a []any.
func fieldOf(doc any, field string) any {
	v := valueOf(doc, field)
	if !v.IsValid() {
		return nil
	}
	return stored(v)
}

// valueOf is the value of doc's field in Go, that in an interface itself; the zero Value
// when it has none.
func valueOf(doc any, field string) reflect.Value {
	v := reflect.Indirect(reflect.ValueOf(doc))
	index, ok := layoutOf(v.Type()).index[field]
	if !ok {
		if n, ok := doc.(Node); ok && n.head().added != nil {
			return valueOf(n.head().added, field)
		}
		return reflect.Value{}
	}
	if v = v.FieldByIndex(index); v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	return v
}

func stored(v reflect.Value) any {
	if v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if !v.IsValid() {
		return nil
	}
	if v.Kind() == reflect.Slice {
		list := make([]any, v.Len())
		for i := range list {
			list[i] = stored(v.Index(i))
		}
		return list
	}
	return operand(v.Interface())
}

// diff lists the top-level fields in which two documents of one type differ,
// with the new values.
func diff(before, after any) Patch {
	b, a := reflect.ValueOf(before).Elem(), reflect.ValueOf(after).Elem()
	l := layoutOf(a.Type())
	var p Patch
	for _, name := range l.names {
		x, y := b.FieldByIndex(l.index[name]).Interface(), a.FieldByIndex(l.index[name]).Interface()
		if !reflect.DeepEqual(x, y) {
			p = append(p, Set(name, y))
		}
	}
	return p
}

// typeOf is the type prefix of an id.
func typeOf(id string) string {
	prefix, _, _ := strings.Cut(id, "_")
	return prefix
}
