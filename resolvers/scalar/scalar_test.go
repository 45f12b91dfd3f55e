package scalar_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

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
	for _, v := range []any{"garbage", "", 5, nil, "2026-03-01", "2026-13-01T00:00:00Z", map[string]any{"$gt": ""}} {
		if _, err := scalar.UnmarshalTime(v); !core.Is(err, core.Invalid) {
			t.Errorf("%v: %v", v, err)
		}
	}
}

func TestInt64(t *testing.T) {
	t.Parallel()
	for _, v := range []any{int64(1 << 40), json.Number("1099511627776")} {
		if n, err := scalar.UnmarshalInt64(v); n != 1<<40 || err != nil {
			t.Errorf("%v: %d %v", v, n, err)
		}
	}
	for _, v := range []any{"5", 1.5, json.Number("1.5"), json.Number("99999999999999999999"), true, nil} {
		if _, err := scalar.UnmarshalInt64(v); !core.Is(err, core.Invalid) {
			t.Errorf("%v: %v", v, err)
		}
	}
}
