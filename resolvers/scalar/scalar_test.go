package scalar_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/resolvers/scalar"
)

func TestTime(t *testing.T) {
	t.Parallel()
	got, err := scalar.UnmarshalTime("2026-03-01T12:00:00.123456+02:00")
	if err != nil || !got.Equal(time.Date(2026, 3, 1, 10, 0, 0, 123e6, time.UTC)) {
		t.Errorf("%v %v", got, err)
	}
	var b strings.Builder
	scalar.MarshalTime(got).MarshalGQL(&b)
	if b.String() != `"2026-03-01T10:00:00.123Z"` {
		t.Error(b.String())
	}
	for text, want := range map[string]string{
		"2026-03-01t12:00:00z":           "2026-03-01T12:00:00.000Z",
		"2026-03-01T12:00:00.5Z":         "2026-03-01T12:00:00.500Z",
		"2026-03-01T12:00:00.123456789z": "2026-03-01T12:00:00.123Z",
		"2026-03-01T12:00:00-00:00":      "2026-03-01T12:00:00.000Z",
		"2026-03-01T12:00:00+23:59":      "2026-02-28T12:01:00.000Z",
		"1990-12-31T23:59:60Z":           "1991-01-01T00:00:00.000Z",
		"1990-12-31T15:59:60.25-08:00":   "1991-01-01T00:00:00.250Z",
		"2024-02-29T00:00:00Z":           "2024-02-29T00:00:00.000Z",
		"0000-01-01T00:00:00Z":           "0000-01-01T00:00:00.000Z",
	} {
		got, err := scalar.UnmarshalTime(text)
		if err != nil || got.Format("2006-01-02T15:04:05.000Z") != want {
			t.Errorf("%s: %v %v", text, got, err)
		}
	}
	for _, text := range []string{
		"2026-03-01T12:00:00,5Z", "2026-03-01T12:00:00+24:00", "2026-03-01T12:00:00-99:00", "2026-03-01T12:00:00+01:60", "2026-03-01T12:00:00+0100", "2026-03-01T12:00:00+01",
		"2026-03-01T12:00:61Z", "2026-03-01T12:00:60Z", "2026-03-01T24:00:00Z", "2026-03-01T12:60:00Z", "2026-03-01T2:00:00Z", "2026-03-01 12:00:00Z", "2026-03-01T12:00Z",
		"2026-03-01T12:00:00", "2026-03-01T12:00:00.Z", "2026-02-29T12:00:00Z", "2026-3-1T12:00:00Z", "12026-03-01T12:00:00Z", "-2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z ",
		" 2026-03-01T12:00:00Z", "20260301T120000Z", "0000-01-01T00:00:00+01:00", "9999-12-31T23:59:60Z", "２０２６-03-01T12:00:00Z",
	} {
		if got, err := scalar.UnmarshalTime(text); !core.Is(err, core.Invalid) || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v %v", text, got, err)
		}
	}
	for _, v := range []any{"garbage", "", 5, nil, "2026-03-01", "2026-13-01T00:00:00Z", map[string]any{"$gt": ""}} {
		if _, err := scalar.UnmarshalTime(v); !core.Is(err, core.Invalid) {
			t.Errorf("%v: %v", v, err)
		}
	}
}

// Whatever is taken comes back as it was, or as it is written best.
func FuzzScalars(f *testing.F) {
	for _, s := range []string{"2026-03-01T12:00:00Z", "1990-12-31T23:59:60.5-08:00", "2026-03-01", "19.90", "-1e3", "9007199254740993", `{"a":[1.50,null]}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		written := func(m graphql.Marshaler) string {
			var b strings.Builder
			m.MarshalGQL(&b)
			if !json.Valid([]byte(b.String())) {
				t.Fatalf("%q is answered as %s", text, b.String())
			}
			return strings.Trim(b.String(), `"`)
		}
		if at, err := scalar.UnmarshalTime(text); err == nil {
			if again, err := scalar.UnmarshalTime(written(scalar.MarshalTime(at))); err != nil || !again.Equal(at) {
				t.Fatalf("%q is %v, then %v: %v", text, at, again, err)
			}
		}
		if d, err := scalar.UnmarshalDate(text); err == nil && written(scalar.MarshalDate(d)) != text {
			t.Fatalf("%q is the day %s", text, d)
		}
		if d, err := scalar.UnmarshalDecimal(text); err == nil {
			if again, err := scalar.UnmarshalDecimal(json.Number(written(scalar.MarshalDecimal(d)))); err != nil || again != d {
				t.Fatalf("%q is %s, then %s: %v", text, d, again, err)
			}
		}
		if j, err := scalar.UnmarshalJSON(text); err == nil && strings.Count(written(scalar.MarshalJSON(j)), "\n") > 0 {
			t.Fatalf("%q is %s", text, j)
		}
	})
}

func TestInt64(t *testing.T) {
	t.Parallel()
	for _, v := range []any{int64(1 << 40), json.Number("1099511627776")} {
		if n, err := scalar.UnmarshalInt64(v); n != 1<<40 || err != nil {
			t.Errorf("%v: %d %v", v, n, err)
		}
	}
	for text, want := range map[string]int64{"1.0": 1, "1e3": 1000, "1E+2": 100, "9223372036854775807": 1<<63 - 1, "-9223372036854775808.0": -1 << 63, "922337203685477580.7e1": 1<<63 - 1} {
		if n, err := scalar.UnmarshalInt64(json.Number(text)); n != want || err != nil {
			t.Errorf("%s: %d %v", text, n, err)
		}
	}
	for _, v := range []any{"5", json.Number("9223372036854775808"), json.Number("1e400"), json.Number("1e-1"), 1.5, json.Number("1.5"), json.Number("99999999999999999999"), true, nil} {
		if _, err := scalar.UnmarshalInt64(v); !core.Is(err, core.Invalid) {
			t.Errorf("%v: %v", v, err)
		}
	}
}
