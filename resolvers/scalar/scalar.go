// Package scalar holds the Go side of the custom scalars of the schema. A value
// that does not fit is BAD_USER_INPUT, with a sentence that says what fits.
package scalar

import (
	"encoding/json"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/core/value"
	"github.com/grapnel/grapnel/internal/graphqlhttp"
	"github.com/grapnel/grapnel/internal/literal"
)

// layout is RFC 3339 with the milliseconds that the stores keep.
const layout = "2006-01-02T15:04:05.000Z"

// MarshalTime writes a moment in UTC.
func MarshalTime(t time.Time) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { _, _ = io.WriteString(w, t.UTC().Format(`"`+layout+`"`)) })
}

// UnmarshalTime reads what RFC 3339, section 5.6, calls a date-time, with any offset
// and precision. The second 60, which only the last minute of a day in UTC can have,
// is the moment after it.
func UnmarshalTime(v any) (time.Time, error) {
	v = literal.Exact(v)
	if s, ok := v.(string); ok {
		if t, ok := parseTime(s); ok {
			return core.Millis(t), nil
		}
	}
	return time.Time{}, cannot("Time", v, "write it like 2026-03-01T12:00:00Z (RFC 3339).")
}

// dateTime is the form; package time takes more, and knows no second 60.
var dateTime = regexp.MustCompile(`^\d{4}-\d\d-\d\dT[0-2]\d:[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)

func parseTime(s string) (t time.Time, ok bool) {
	s = strings.ToUpper(s)
	form := dateTime.FindStringSubmatchIndex(s)
	if form == nil {
		return t, false
	}
	second, leap := form[2], time.Duration(0)
	if s[second:second+2] == "60" {
		s, leap = s[:second]+"59"+s[second+2:], time.Second
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return t, false
	}
	if t = t.UTC(); leap > 0 && (t.Hour() != 23 || t.Minute() != 59) {
		return t, false
	}
	t = t.Add(leap)
	return t, t.Year() >= 0 && t.Year() <= 9999
}

// MarshalInt64 writes a JSON number.
func MarshalInt64(n int64) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { _, _ = io.WriteString(w, strconv.FormatInt(n, 10)) })
}

// UnmarshalInt64 reads a whole number; those of JSON may be written as 1.0 or 1e3.
func UnmarshalInt64(v any) (int64, error) {
	v = literal.Exact(v)
	switch v := v.(type) {
	case int64: // these two are defaults of the schema
		return v, nil
	case int:
		return int64(v), nil
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n, nil
		}
		if d, err := value.ParseDecimal(v.String()); err == nil {
			if n, ok := d.Int64(); ok {
				return n, nil
			}
		}
	}
	return 0, cannot("Int64", v, "it must be a whole number of 64 bits.")
}

// cannot is the error of a value that is none of a scalar.
func cannot(scalar string, v any, form string) error {
	return core.Errorf(core.Invalid, "%s cannot represent %s: %s", scalar, graphqlhttp.Written(v), form)
}

// MarshalDate writes a day.
func MarshalDate(d value.Date) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { _, _ = io.WriteString(w, `"`+string(d)+`"`) })
}

// UnmarshalDate reads a full-date of RFC 3339.
func UnmarshalDate(v any) (value.Date, error) {
	v = literal.Exact(v)
	text, _ := v.(string)
	d, err := value.ParseDate(text)
	if err != nil {
		return "", cannot("Date", v, "it "+err.Error()+" (RFC 3339).")
	}
	return d, nil
}

// MarshalDecimal writes a text: a JSON number would lose digits in most clients.
func MarshalDecimal(d value.Decimal) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		text, _ := d.MarshalJSON() // it always has one
		_, _ = w.Write(text)
	})
}

// UnmarshalDecimal reads a number, or a text that JSON would take for one.
func UnmarshalDecimal(v any) (value.Decimal, error) {
	v = literal.Exact(v)
	var text string
	switch v := v.(type) {
	case string:
		text = v
	case json.Number:
		text = string(v)
	}
	d, err := value.ParseDecimal(text)
	if err != nil {
		return d, cannot("Decimal", v, "it "+err.Error()+".")
	}
	return d, nil
}

// MarshalJSON writes the value as it is kept.
func MarshalJSON(j value.JSON) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		text, _ := j.MarshalJSON() // it always has one
		_, _ = w.Write(text)
	})
}

// UnmarshalJSON reads a value of any form, within the bounds of [value.JSON].
func UnmarshalJSON(v any) (value.JSON, error) {
	v = literal.Exact(v)
	if !isPlain(v) {
		return "", core.Errorf(core.Invalid, "JSON cannot hold a file.")
	}
	j, err := value.NewJSON(v)
	if err != nil {
		return "", core.Errorf(core.Invalid, "JSON %s.", err)
	}
	return j, nil
}

// isPlain reports whether v came as JSON or as a literal: a file, which the multipart
// request specification lets stand anywhere, did not.
func isPlain(v any) bool {
	switch v := v.(type) {
	case nil, bool, string, json.Number, int, int64, float64:
		return true
	case []any:
		return !slices.ContainsFunc(v, func(e any) bool { return !isPlain(e) })
	case map[string]any:
		for _, e := range v {
			if !isPlain(e) {
				return false
			}
		}
		return true
	}
	return false
}
