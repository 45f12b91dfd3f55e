package core

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/grapnel/grapnel/core/value"
)

// inspector looks for values in a decoded struct that its type does not allow and
// decoding has let pass: bytes that are no text, an enum value that is none, a number
// that is none. Answers would be invalid JSON or GraphQL with them.
type inspector struct{ parts []part }

// part is a stored field, and what finds a fault in a value of it.
type part struct {
	name  string
	index []int
	fault func(reflect.Value) *fault
}

// fault is what is wrong with a value, and where inside it.
type fault struct{ path, what string }

func (f *fault) at(step string) *fault {
	if f == nil {
		return nil
	}
	return &fault{strings.TrimSuffix(step+"."+f.path, "."), f.what}
}

// decodeError is the fault as the error of a document that cannot be read.
func (f *fault) decodeError() *DecodeError {
	return &DecodeError{Field: f.path, cause: errors.New(f.path + " " + f.what)}
}

// inspectorKey names an inspector: a struct, and the embedded type that it stands for.
type inspectorKey struct {
	of   reflect.Type
	name string
}

// newInspector looks at structs with the attributes of a spec; nil for no struct.
func newInspector(t reflect.Type, s Spec) *inspector {
	if t == nil {
		return nil
	}
	return makeInspector(t, "", s, map[inspectorKey]*inspector{})
}

// makeInspector is one for a struct of an embedded type, or of the documents for "".
// made has those of types that lead to themselves.
func makeInspector(t reflect.Type, name string, s Spec, made map[inspectorKey]*inspector) *inspector {
	key := inspectorKey{t, name}
	if in := made[key]; in != nil {
		return in
	}
	in, attributes := &inspector{}, s.Attributes
	if name != "" {
		attributes = s.Embedded[name]
	}
	made[key] = in
	l := layoutOf(t)
	for _, name := range l.names {
		a := Attribute{Name: name}
		if i := slices.IndexFunc(attributes, func(a Attribute) bool { return a.Name == name }); i >= 0 {
			a = attributes[i]
		}
		if f := faults(t.FieldByIndex(l.index[name]).Type, a, s, made); f != nil {
			in.parts = append(in.parts, part{name, l.index[name], f})
		}
	}
	return in
}

// look is the first fault of a struct; nil when there is none.
func (in *inspector) look(v reflect.Value) *fault {
	if in == nil {
		return nil
	}
	for i := range in.parts {
		p := &in.parts[i]
		if f := p.fault(v.FieldByIndex(p.index)); f != nil {
			return f.at(p.name)
		}
	}
	return nil
}

// faults is what finds a fault in values of a Go type; nil where there is none to find.
func faults(t reflect.Type, a Attribute, s Spec, made map[inspectorKey]*inspector) func(reflect.Value) *fault {
	switch t {
	case reflect.TypeFor[value.Date]():
		return func(v reflect.Value) *fault { return unless(value.Date(v.String()).Check() == nil, "holds no day") }
	case reflect.TypeFor[value.JSON]():
		return func(v reflect.Value) *fault {
			return unless(v.Len() == 0 || value.JSON(v.String()).Check() == nil && utf8.ValidString(v.String()), "holds no JSON")
		}
	case reflect.TypeFor[time.Time](), reflect.TypeFor[value.Decimal]():
		return nil
	}
	switch t.Kind() {
	case reflect.String:
		if len(a.Values) > 0 {
			return func(v reflect.Value) *fault {
				if slices.Contains(a.Values, v.String()) {
					return nil
				}
				return &fault{"", fmt.Sprintf("holds %q, which is no declared value", v.String())}
			}
		}
		return func(v reflect.Value) *fault {
			return unless(utf8.ValidString(v.String()), "holds a text that is not UTF-8")
		}
	case reflect.Float32, reflect.Float64:
		return func(v reflect.Value) *fault {
			return unless(!math.IsNaN(v.Float()) && !math.IsInf(v.Float(), 0), "holds no finite number")
		}
	case reflect.Struct:
		return makeInspector(t, a.Type, s, made).look
	case reflect.Pointer:
		inside := faults(t.Elem(), a, s, made)
		if inside == nil {
			return nil
		}
		return func(v reflect.Value) *fault {
			if v.IsNil() {
				return nil
			}
			return inside(v.Elem())
		}
	case reflect.Slice:
		inside := faults(t.Elem(), a, s, made)
		if inside == nil {
			return nil
		}
		return func(v reflect.Value) *fault {
			for i := range v.Len() {
				if f := inside(v.Index(i)); f != nil {
					return f.at(fmt.Sprint(i))
				}
			}
			return nil
		}
	}
	return nil
}

func unless(fine bool, what string) *fault {
	if fine {
		return nil
	}
	return &fault{"", what}
}
