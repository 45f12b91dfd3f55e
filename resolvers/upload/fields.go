package upload

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/graphqlhttp"
)

// params reads the two fields before the files and puts an [Upload] into the
// variables for each file of the map. Whatever is wrong with them is found
// here, before the operation runs.
func (m *form) params(charge func(text []byte) error) (*graphql.RawParams, error) {
	operations, err := m.field("operations", maxOperations)
	if err != nil {
		return nil, err
	}
	if err := charge(operations); err != nil {
		return nil, err
	}
	params, err := graphqlhttp.DecodeParams(operations)
	if err != nil {
		return nil, err
	}
	text, err := m.field("map", maxMap)
	if err != nil {
		return nil, err
	}
	entries, err := decodeMap(text)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		f := &file{form: m, key: e.key, size: -1}
		if f.variable, err = place(params.Variables, e.path, Upload{f}); err != nil {
			return nil, err
		}
		m.files = append(m.files, f)
	}
	return params, m.measure()
}

// field reads one of the fields that come before the files, of at most limit bytes.
func (m *form) field(name string, limit int) ([]byte, error) {
	part, err := m.next()
	if err != nil && err != io.EOF {
		return nil, err
	}
	if err == io.EOF || part.FormName() != name {
		return nil, core.Errorf(core.Invalid, "The form must begin with the fields operations and map, in this order.")
	}
	text, err := io.ReadAll(io.LimitReader(part, int64(limit)+1))
	if err != nil {
		return nil, m.malformed(err)
	}
	if len(text) > limit {
		return nil, core.Errorf(core.TooLarge, "The field %s is larger than %d bytes.", name, limit)
	}
	return text, nil
}

// measure compares what is still to come, if the request says so, with the
// limits of the mapped files.
func (m *form) measure() error {
	n := int64(len(m.files))
	if m.length < 0 || n == 0 {
		return nil
	}
	rest := m.length - m.feed.offset
	if (rest-m.tail)/n-maxHead-m.tail > m.limits.MaxFile {
		return errFileTooLarge(m.limits.MaxFile)
	}
	return nil
}

// entry is one file of the map.
type entry struct{ key, path string }

// decodeMap reads the map field: one JSON object whose keys are names of parts
// and whose values are lists of exactly one path, in its order.
func decodeMap(text []byte) ([]entry, error) {
	wrong := func(format string, args ...any) ([]entry, error) {
		return nil, core.Errorf(core.Invalid, "The field map "+format, args...)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return wrong("must be a JSON object.")
	}
	var entries []entry
	for d.More() {
		t, err := d.Token()
		key, ok := t.(string)
		if err != nil || !ok {
			return wrong("is not valid JSON.")
		}
		var paths []string
		if err := d.Decode(&paths); err != nil {
			return wrong("must have a list of paths for each file.")
		}
		if len(paths) != 1 {
			return wrong("must have exactly one path for each file; %.100q has %d.", key, len(paths))
		}
		if len(entries) == maxFiles {
			return wrong("has more than %d files.", maxFiles)
		}
		if key == "" || key == "operations" || key == "map" {
			return wrong("cannot have a file %q.", key)
		}
		for _, e := range entries {
			if e.key == key {
				return wrong("has the file %.100q twice.", key)
			}
		}
		entries = append(entries, entry{key, paths[0]})
	}
	if _, err := d.Token(); err != nil {
		return wrong("is not valid JSON.")
	}
	if _, err := d.Token(); err != io.EOF {
		return wrong("has text after its JSON object.")
	}
	return entries, nil
}

// place puts u at a path such as variables.input.files.0, whose value must be
// there and null, and returns the name of the variable.
func place(variables map[string]any, path string, u Upload) (variable string, err error) {
	wrong := func(reason string) (string, error) {
		return "", core.Errorf(core.Invalid, "The path %.100q of the map %s.", path, reason)
	}
	names := strings.Split(path, ".")
	if len(names) < 2 || names[0] != "variables" {
		return wrong("does not begin with variables")
	}
	var at any = variables
	var set func(any)
	for _, name := range names[1:] {
		switch parent := at.(type) {
		case map[string]any:
			value, ok := parent[name]
			if !ok {
				return wrong("names a value that is not there")
			}
			at, set = value, func(v any) { parent[name] = v }
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(parent) || strconv.Itoa(i) != name {
				return wrong("has an index outside its list")
			}
			at, set = parent[i], func(v any) { parent[i] = v }
		default:
			return wrong("names a value that is not there")
		}
	}
	if at != nil {
		return wrong("names a value that is not null")
	}
	set(u)
	return names[1], nil
}
