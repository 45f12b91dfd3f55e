package sqlite

import (
	"bytes"
	"encoding/binary"
	"math"
	"reflect"
	"strings"
	"sync"
	"time"
	"unsafe"

	"github.com/grapnel/grapnel/core/value"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// Decoding is most of the cost of a page, so the plain cases are done here, at
// about a fifth of the library's price: structs of strings, numbers, booleans,
// times, bytes, and pointers to, lists of and maps of these, where the stored
// type is the one that encoding wrote. Whatever else turns up makes fastDecode
// give up, and the library decodes the document from the start: it is the
// reference, and a test holds both to the same results.

// setter fills v, which is settable, from one BSON value; it reports false
// when it is not sure to do what the library does.
type setter func(v reflect.Value, t bson.Type, b []byte) bool

// shape is a struct type with the setters of its fields.
type shape struct {
	names   []string
	index   [][]int
	setters []setter
	byName  map[string]int
}

var shapes sync.Map // reflect.Type -> *shape, nil when unsupported; a cache of a pure function

func shapeOf(t reflect.Type) *shape {
	if s, ok := shapes.Load(t); ok {
		return s.(*shape)
	}
	s := &shape{byName: map[string]int{}}
	if !s.add(t, nil, map[reflect.Type]bool{}) {
		s = nil
	}
	shapes.Store(t, s)
	return s
}

// add collects the fields of a struct type by the rules of the bson package.
// inside holds the types around it: recursive ones are left to the library.
func (s *shape) add(t reflect.Type, at []int, inside map[reflect.Type]bool) bool {
	if inside[t] || decodesItself(t) {
		return false
	}
	inside[t] = true
	defer delete(inside, t)
	for i := range t.NumField() {
		f := t.Field(i)
		tag, tagged := f.Tag.Lookup("bson")
		if tag == "-" || f.PkgPath != "" && !f.Anonymous {
			continue
		}
		if !tagged { // the library has further rules
			return false
		}
		name, opts, _ := strings.Cut(tag, ",")
		index := append(append([]int(nil), at...), i)
		if strings.Contains(opts, "inline") {
			if f.Type.Kind() != reflect.Struct || f.PkgPath != "" || !s.add(f.Type, index, inside) {
				return false
			}
			continue
		}
		set := setterOf(f.Type, inside)
		if _, twice := s.byName[name]; set == nil || twice || name == "" || strings.Contains(opts, "truncate") {
			return false
		}
		s.byName[name] = len(s.names)
		s.names, s.index, s.setters = append(s.names, name), append(s.index, index), append(s.setters, set)
	}
	return true
}

var (
	timeType        = reflect.TypeFor[time.Time]()
	decimalType     = reflect.TypeFor[value.Decimal]()
	selfDecoding    = []reflect.Type{reflect.TypeFor[bson.Unmarshaler](), reflect.TypeFor[bson.ValueUnmarshaler]()}
	keyUnmarshaling = reflect.TypeFor[bson.KeyUnmarshaler]()
)

// decodesItself reports whether the library treats t in a way of its own.
func decodesItself(t reflect.Type) bool {
	switch t.PkgPath() {
	case "go.mongodb.org/mongo-driver/v2/bson", "encoding/json", "net/url":
		return true
	}
	if t == decimalType || t == reflect.PointerTo(decimalType) {
		return false // which we know
	}
	for _, i := range selfDecoding {
		if t.Implements(i) || reflect.PointerTo(t).Implements(i) {
			return true
		}
	}
	return false
}

// fastDecode fills the struct behind into; false leaves it half filled.
func fastDecode(raw []byte, into any) bool {
	v := reflect.ValueOf(into)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return false
	}
	s := shapeOf(v.Type().Elem())
	return s != nil && s.decode(v.Elem(), raw)
}

func (s *shape) decode(v reflect.Value, raw []byte) bool {
	if len(raw) < 5 || int(binary.LittleEndian.Uint32(raw)) != len(raw) || raw[len(raw)-1] != 0 {
		return false
	}
	next := 0 // documents mostly hold their fields in the order of the struct
	for rest := raw[4 : len(raw)-1]; len(rest) > 0; {
		key, t, b, n := element(rest)
		if n == 0 {
			return false
		}
		rest = rest[n:]
		i := next
		if i >= len(s.names) || s.names[i] != string(key) {
			var ok bool
			if i, ok = s.byName[string(key)]; !ok {
				if hasUpperTwin(s.names, key) {
					return false
				}
				continue
			}
		}
		next = i + 1
		f := v
		for _, k := range s.index[i] {
			f = f.Field(k)
		}
		if !s.setters[i](f, t, b) {
			return false
		}
	}
	return true
}

// hasUpperTwin reports whether a field differs from key only in case.
func hasUpperTwin(names []string, key []byte) bool {
	for _, n := range names {
		if len(n) == len(key) && strings.EqualFold(n, string(key)) {
			return true
		}
	}
	return false
}

// element takes the first element apart; n is 0 when it is damaged.
func element(b []byte) (key []byte, t bson.Type, value []byte, n int) {
	end := 1 + bytes.IndexByte(b[1:], 0)
	if end < 1 {
		return nil, 0, nil, 0
	}
	size, ok := valueSize(bson.Type(b[0]), b[end+1:])
	if !ok {
		return nil, 0, nil, 0
	}
	n = end + 1 + size
	return b[1:end], bson.Type(b[0]), b[end+1 : n], n
}

// text is a BSON string without a copy: documents never change.
func text(b []byte) string {
	b = b[4 : len(b)-1]
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// setterOf is nil for types that are left to the library.
func setterOf(t reflect.Type, inside map[reflect.Type]bool) setter {
	switch t {
	case timeType:
		return setTime
	case decimalType:
		return setDecimal
	}
	if decodesItself(t) {
		return nil
	}
	switch t.Kind() {
	case reflect.String:
		return setString
	case reflect.Bool:
		return setBool
	case reflect.Int, reflect.Int64, reflect.Int32:
		return setInt
	case reflect.Float64:
		return setFloat
	case reflect.Struct:
		s := &shape{byName: map[string]int{}}
		if !s.add(t, nil, inside) {
			return nil
		}
		return func(v reflect.Value, bt bson.Type, b []byte) bool {
			return bt == bson.TypeEmbeddedDocument && s.decode(v, b)
		}
	case reflect.Pointer:
		return pointerSetter(t, inside)
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return setBytes
		}
		return sliceSetter(t, inside)
	case reflect.Map:
		return mapSetter(t, inside)
	}
	return nil
}

func setString(v reflect.Value, t bson.Type, b []byte) bool {
	if t != bson.TypeString || b[len(b)-1] != 0 {
		return false
	}
	v.SetString(text(b))
	return true
}

func setBool(v reflect.Value, t bson.Type, b []byte) bool {
	if t != bson.TypeBoolean || b[0] > 1 {
		return false
	}
	v.SetBool(b[0] == 1)
	return true
}

func setInt(v reflect.Value, t bson.Type, b []byte) bool {
	var n int64
	switch t {
	case bson.TypeInt32:
		n = int64(int32(binary.LittleEndian.Uint32(b)))
	case bson.TypeInt64:
		n = int64(binary.LittleEndian.Uint64(b))
	default:
		return false
	}
	if v.OverflowInt(n) {
		return false
	}
	v.SetInt(n)
	return true
}

func setFloat(v reflect.Value, t bson.Type, b []byte) bool {
	if t != bson.TypeDouble {
		return false
	}
	v.SetFloat(math.Float64frombits(binary.LittleEndian.Uint64(b)))
	return true
}

func setTime(v reflect.Value, t bson.Type, b []byte) bool {
	if t != bson.TypeDateTime {
		return false
	}
	*v.Addr().Interface().(*time.Time) = time.UnixMilli(int64(binary.LittleEndian.Uint64(b))).UTC()
	return true
}

func setDecimal(v reflect.Value, t bson.Type, b []byte) bool {
	return v.Addr().Interface().(*value.Decimal).UnmarshalBSONValue(byte(t), b) == nil
}

func setBytes(v reflect.Value, t bson.Type, b []byte) bool {
	if t != bson.TypeBinary || b[4] != bson.TypeBinaryGeneric {
		return false
	}
	v.SetBytes(append(make([]byte, 0, len(b)-5), b[5:]...))
	return true
}

func pointerSetter(t reflect.Type, inside map[reflect.Type]bool) setter {
	set := setterOf(t.Elem(), inside)
	if set == nil || t.Elem().Kind() == reflect.Pointer {
		return nil
	}
	return func(v reflect.Value, bt bson.Type, b []byte) bool {
		if bt == bson.TypeNull {
			v.SetZero()
			return true
		}
		if v.IsNil() {
			v.Set(reflect.New(t.Elem()))
		}
		return set(v.Elem(), bt, b)
	}
}

func sliceSetter(t reflect.Type, inside map[reflect.Type]bool) setter {
	set := setterOf(t.Elem(), inside)
	if set == nil {
		return nil
	}
	return func(v reflect.Value, bt bson.Type, b []byte) bool {
		if bt != bson.TypeArray || v.Len() > 0 || b[len(b)-1] != 0 {
			return false
		}
		n := 0
		for rest := b[4 : len(b)-1]; len(rest) > 0; n++ {
			_, _, _, size := element(rest)
			if size == 0 {
				return false
			}
			rest = rest[size:]
		}
		v.Set(reflect.MakeSlice(t, n, n))
		rest := b[4 : len(b)-1]
		for i := range n {
			_, et, eb, size := element(rest)
			if !set(v.Index(i), et, eb) {
				return false
			}
			rest = rest[size:]
		}
		return true
	}
}

func mapSetter(t reflect.Type, inside map[reflect.Type]bool) setter {
	if t.Key().Kind() != reflect.String || t.Key().Implements(keyUnmarshaling) || reflect.PointerTo(t.Key()).Implements(keyUnmarshaling) {
		return nil
	}
	set := setterOf(t.Elem(), inside)
	if set == nil {
		return nil
	}
	return func(v reflect.Value, bt bson.Type, b []byte) bool {
		if bt != bson.TypeEmbeddedDocument || v.Len() > 0 || b[len(b)-1] != 0 {
			return false
		}
		v.Set(reflect.MakeMap(t))
		for rest := b[4 : len(b)-1]; len(rest) > 0; {
			key, et, eb, size := element(rest)
			if size == 0 {
				return false
			}
			e := reflect.New(t.Elem()).Elem()
			if !set(e, et, eb) {
				return false
			}
			v.SetMapIndex(reflect.ValueOf(string(key)).Convert(t.Key()), e)
			rest = rest[size:]
		}
		return true
	}
}
