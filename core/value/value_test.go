package value_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core/value"
)

func TestDate(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"2026-03-01", "0000-01-01", "9999-12-31", "2024-02-29"} {
		d, err := value.ParseDate(text)
		if err != nil || string(d) != text || value.DateOf(d.Time()) != d {
			t.Errorf("%s: %s %v", text, d, err)
		}
	}
	for _, text := range []string{"", "2026-02-29", "2026-13-01", "2026-00-01", "2026-3-1", "26-03-01", "2026-03-01Z", "2026-03-01T00:00:00Z", " 2026-03-01", "20260301", "-001-01-01", "12026-01-01", "２０26-03-01"} {
		if d, err := value.ParseDate(text); err == nil {
			t.Errorf("%q is read as %s", text, d)
		}
	}
	if d := value.NewDate(2026, time.February, 30); d != "2026-03-02" {
		t.Error(d)
	}
	if d := value.DateOf(time.Date(2026, 3, 1, 23, 30, 0, 0, time.FixedZone("", -5*3600))); d != "2026-03-01" {
		t.Error(d)
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	nested := func(n int) any {
		var v any = json.Number("1.50")
		for range n {
			v = []any{v}
		}
		return v
	}
	for want, v := range map[string]any{
		"null": nil, "1.50": json.Number("1.50"), "12345678901234567890123": json.Number("12345678901234567890123"), `{"a":[true,"<&>"],"b":null}`: map[string]any{"b": nil, "a": []any{true, "<&>"}},
		strings.Repeat("[", 20) + "1.50" + strings.Repeat("]", 20): nested(20), `"a\u0000b"`: "a\x00b", `"\\\"` + strings.Repeat("[", 30) + `\\"`: `\"` + strings.Repeat("[", 30) + `\`, `{"$gt":{"a.b":1}}`: map[string]any{"$gt": map[string]any{"a.b": 1}},
	} {
		j, err := value.NewJSON(v)
		if err != nil || string(j) != want {
			t.Errorf("%s: %v, want %s", j, err, want)
		}
	}
	for _, v := range []any{nested(21), strings.Repeat("x", 64<<10), make(chan int)} {
		if j, err := value.NewJSON(v); err == nil {
			t.Errorf("%.80s is taken", j)
		}
	}
	for _, j := range []value.JSON{"", "{", "hello", "1 2", "01", "{'a':1}", `{"a":1,}`, "NaN"} {
		if j.Check() == nil {
			t.Errorf("%q is taken", j)
		}
	}
	var back struct {
		A value.JSON
	}
	if err := json.Unmarshal([]byte(`{"A": {"b" : [1.0, 2]} }`), &back); err != nil || back.A != `{"b":[1.0,2]}` {
		t.Errorf("%+v %v", back, err)
	}
}
