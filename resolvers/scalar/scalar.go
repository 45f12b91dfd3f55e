// Package scalar holds the Go side of the custom scalars of the schema. A value
// that does not fit is BAD_USER_INPUT, with a sentence that says what fits.
package scalar

import (
	"encoding/json"
	"io"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/grapnel/grapnel/core"
)

// layout is RFC 3339 with the milliseconds that the stores keep.
const layout = "2006-01-02T15:04:05.000Z"

// MarshalTime writes a moment in UTC.
func MarshalTime(t time.Time) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { _, _ = io.WriteString(w, t.UTC().Format(`"`+layout+`"`)) })
}

// UnmarshalTime reads RFC 3339 with any offset and precision.
func UnmarshalTime(v any) (time.Time, error) {
	if s, ok := v.(string); ok {
		if t, err := time.Parse(time.RFC3339Nano, s); err == nil && t.UTC().Year() >= 0 && t.UTC().Year() <= 9999 {
			return core.Millis(t), nil
		}
	}
	return time.Time{}, core.Errorf(core.Invalid, "A Time is written like 2026-03-01T12:00:00Z (RFC 3339).")
}

// MarshalInt64 writes a JSON number.
func MarshalInt64(n int64) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { _, _ = io.WriteString(w, strconv.FormatInt(n, 10)) })
}

// UnmarshalInt64 reads a whole number.
func UnmarshalInt64(v any) (int64, error) {
	switch v := v.(type) {
	case int64:
		return v, nil
	case int:
		return int64(v), nil
	case json.Number:
		if n, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
			return n, nil
		}
	}
	return 0, core.Errorf(core.Invalid, "An Int64 is a whole number of up to 64 bits.")
}
