package core

import (
	"fmt"
	"reflect"
)

// Whole is a new document as it is stored, with its hidden fields; one of a type of ours,
// with those that a project has added too.
func (s Spec) Whole(doc any) any {
	if _, ok := doc.(Node); !ok {
		s.Added = nil
	}
	return s.whole(s.storedType(reflect.TypeOf(doc).Elem()), doc)
}

// storedType is a struct of a document of type t, the added fields and the hidden
// ones, all inline; nil when there is only the document.
func (s Spec) storedType(t reflect.Type) reflect.Type {
	fields := []reflect.StructField{{Name: "Document", Type: t}}
	if s.Added != nil {
		fields = append(fields, reflect.StructField{Name: "Added", Type: s.Added.fields})
	}
	if t := s.hiddenType(); t != nil {
		fields = append(fields, reflect.StructField{Name: "Hidden", Type: t})
	}
	if len(fields) == 1 {
		return nil
	}
	for i := range fields {
		fields[i].Tag = `bson:",inline"`
	}
	return reflect.StructOf(fields)
}

// whole is doc as a struct of type t, or itself for none.
func (s Spec) whole(t reflect.Type, doc any) any {
	if t == nil {
		return doc
	}
	v := reflect.New(t)
	all := v.Elem()
	all.FieldByName("Document").Set(reflect.ValueOf(doc).Elem())
	if s.Added != nil {
		h := doc.(Node).head()
		if h.added == nil {
			h.added = s.Added.make()
		}
		all.FieldByName("Added").Set(reflect.ValueOf(h.added).Elem())
	}
	for i, e := range s.Hidden(doc) {
		if e.Value != nil {
			all.FieldByName("Hidden").Field(i).Set(reflect.ValueOf(e.Value))
		}
	}
	return v.Interface()
}

// hiddenType is a struct that holds the hidden fields, for inline use; nil without
// any.
func (s Spec) hiddenType() reflect.Type {
	var fields []reflect.StructField
	for _, f := range s.Fields {
		if f.Hidden {
			fields = append(fields, reflect.StructField{
				Name: fmt.Sprintf("H%d", len(fields)), Type: reflect.TypeFor[any](), Tag: reflect.StructTag(`bson:"` + f.Name + `,omitempty"`),
			})
		}
	}
	if fields == nil {
		return nil
	}
	return reflect.StructOf(fields)
}
