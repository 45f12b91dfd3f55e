package value

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// JSON is a value of any form as JSON text (RFC 8259), bounded by [MaxJSONBytes] and
// [MaxJSONLevels]. It is kept as text, so numbers stay digit by digit what they
// were. The members of objects are sorted by their names. The empty text is no value.
type JSON string

// Bounds of a JSON.
const (
	MaxJSONBytes  = 64 << 10
	MaxJSONLevels = 20 // lists and objects inside each other
)

// NewJSON is v in JSON: whatever encoding/json encodes. Values of any form are
// made of maps, slices, strings, booleans, numbers (json.Number is kept digit by digit)
// and nil. The error is half a sentence that says what fits.
func NewJSON(v any) (JSON, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "", fmt.Errorf("must be a value of JSON")
	}
	j := JSON(strings.TrimSuffix(b.String(), "\n"))
	return j, j.Check()
}

// Check reports whether j is JSON within its bounds: it may have been made of any
// text. The error is half a sentence that says what fits.
func (j JSON) Check() error {
	if len(j) > MaxJSONBytes {
		return fmt.Errorf("must have at most %d bytes as JSON", MaxJSONBytes)
	}
	if !json.Valid([]byte(j)) {
		return fmt.Errorf("must be a value of JSON")
	}
	if j.levels() > MaxJSONLevels {
		return fmt.Errorf("must have at most %d levels of lists and objects", MaxJSONLevels)
	}
	return nil
}

// levels is how deep lists and objects are inside each other; j is valid.
func (j JSON) levels() int {
	deepest, level, inText := 0, 0, false
	for i := 0; i < len(j); i++ {
		switch c := j[i]; {
		case c == '"':
			inText = !inText
		case inText && c == '\\':
			i++ // what follows ends no text
		case inText:
		case c == '{', c == '[':
			level++
			deepest = max(deepest, level)
		case c == '}', c == ']':
			level--
		}
	}
	return deepest
}

// Unmarshal decodes the value as encoding/json does.
func (j JSON) Unmarshal(into any) error { return json.Unmarshal([]byte(j), into) }

// MarshalJSON is the text itself; null for the empty one.
func (j JSON) MarshalJSON() ([]byte, error) {
	if j == "" {
		return []byte("null"), nil
	}
	return []byte(j), nil
}

// UnmarshalJSON takes any value.
func (j *JSON) UnmarshalJSON(data []byte) error {
	var b bytes.Buffer
	if err := json.Compact(&b, data); err != nil {
		return err
	}
	*j = JSON(b.String())
	return j.Check()
}
