package value_test

import (
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/core/value"
)

func TestParseDecimal(t *testing.T) {
	t.Parallel()
	nines := strings.Repeat("9", 34)
	for text, want := range map[string]string{
		"0": "0", "-0": "0", "0.00": "0.00", "-0.00": "0.00", "0e5": "0", "19.99": "19.99", "1.50": "1.50", "-1.50": "-1.50",
		"1e3": "1000", "1E+2": "100", "1.5e1": "15", "1.50e1": "15.0", "12e-1": "1.2", "100": "100", "0.001": "0.001",
		"1e-20": "0.00000000000000000001", "9007199254740993": "9007199254740993", "12345678901234567890.12": "12345678901234567890.12",
		"1000000000000000.000000000000000001": "1000000000000000.000000000000000001",
		nines:                                 nines, "-0." + nines: "-0." + nines, nines + "e6111": nines[:1] + "." + nines[1:] + "E+6144",
		"1e6144": "1.000000000000000000000000000000000E+6144", "1e40": "1E+40", "1e-6176": "1E-6176", "1.00e-6175": "1.0E-6175",
		"1" + strings.Repeat("0", 40): "1.000000000000000000000000000000000E+40", "0." + strings.Repeat("0", 7000): "",
		"1." + strings.Repeat("0", 40): "1.000000000000000000000000000000000", "1e0000000000000000000000003": "1000",
	} {
		d, err := value.ParseDecimal(text)
		if want == "" {
			if err == nil {
				t.Errorf("%.40s is taken", text)
			}
			continue
		}
		if err != nil || d.String() != want {
			t.Errorf("%.60s: %s %v, want %s", text, d, err, want)
		}
		if again, err := value.ParseDecimal(d.String()); err != nil || again != d {
			t.Errorf("%s is read as %s: %v", d, again, err)
		}
	}
	for _, text := range []string{
		"", "-", "+1", ".5", "1.", "01", "00", "1,5", "1 ", " 1", "1e", "1e+", "1e1.5", "0x1", "1_000", "NaN", "Infinity", "-Infinity", "１",
		nines + "9", "0.1" + nines, "1e6145", nines + "e6112", "1e-6177", "1e99999999999999999999", "1e-99999999999999999999",
	} {
		if d, err := value.ParseDecimal(text); err == nil {
			t.Errorf("%q is read as %s", text, d)
		}
	}
}

// rational is what a decimal stands for.
func rational(t *testing.T, d value.Decimal) *big.Rat {
	r, ok := new(big.Rat).SetString(d.String())
	if !ok || r.Cmp(d.Rat()) != 0 {
		t.Fatalf("%s is no number", d)
	}
	return r
}

var decimals = []string{
	"0", "0.00", "1", "1.0", "1.5", "1.50", "1.55", "1.500000000000000000000000000000001", "9", "10", "10.01", "99", "99.99", "100", "0.1", "0.01", "0.010",
	"19.99", "20", "1999", "2e1", "1e33", "1e34", "9999999999999999999999999999999999", "1e6144", "1e-6176", "5e-6176", "123456789012345678", "18446744073709551616",
}

func TestDecimalOrder(t *testing.T) {
	t.Parallel()
	var list []value.Decimal
	for _, s := range decimals {
		list = append(list, value.MustDecimal(s))
		if s[0] != '0' {
			list = append(list, value.MustDecimal("-"+s))
		}
	}
	for _, a := range list {
		for _, b := range list {
			want := rational(t, a).Cmp(rational(t, b))
			if got := a.Compare(b); got != want {
				t.Errorf("%s and %s compare as %d, want %d", a, b, got, want)
			}
			if got := strings.Compare(a.SortKey(), b.SortKey()); got != want {
				t.Errorf("the keys of %s and %s compare as %d, want %d", a, b, got, want)
			}
		}
		kind, data, err := a.MarshalBSONValue()
		var back value.Decimal
		if err == nil {
			err = back.UnmarshalBSONValue(kind, data)
		}
		if err != nil || back != a {
			t.Errorf("%s comes back as %s: %v", a, back, err)
		}
	}
	if n := len(value.MustDecimal("19.99").SortKey()); n != 4 {
		t.Errorf("the key of 19.99 has %d bytes", n)
	}
	if !slices.IsSortedFunc([]value.Decimal{value.DecimalOf(-1.5), value.DecimalOf(0), value.DecimalOf(int64(1) << 62), value.DecimalOf(1e300)}, value.Decimal.Compare) {
		t.Error("numbers of Go lose their order")
	}
}

func TestDecimalInt64(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"0": 0, "0.00": 0, "1.0": 1, "1e3": 1000, "-1E+2": -100, "9223372036854775807": 1<<63 - 1, "-9223372036854775808": -1 << 63, "9223372036854775807.000": 1<<63 - 1, "10e-1": 1,
	} {
		if n, ok := value.MustDecimal(text).Int64(); !ok || n != want {
			t.Errorf("%s: %d %t", text, n, ok)
		}
	}
	for _, text := range []string{"1.5", "9223372036854775808", "-9223372036854775809", "1e19", "1e6000", "1e-6000", "0.1"} {
		if n, ok := value.MustDecimal(text).Int64(); ok {
			t.Errorf("%s is %d", text, n)
		}
	}
}

func TestMultipleOf(t *testing.T) {
	t.Parallel()
	bound := func(s string) core.Bounds { d := value.MustDecimal(s); return core.Bounds{MultipleOf: &d} }
	for _, c := range []struct {
		n    value.Decimal
		of   string
		fits bool
	}{
		{value.DecimalOf(19.99), "0.01", true},
		{value.DecimalOf(5000000.01), "0.01", true},
		{value.DecimalOf(5000000.005), "0.01", false},
		{value.DecimalOf(0.3), "0.1", true},
		{value.DecimalOf(1e21), "0.01", true},
		{value.DecimalOf(1e308), "1e-300", true},
		{value.DecimalOf(5e-324), "1e-300", false},
		{value.DecimalOf(9007199254740993.0), "2", true}, // the float is ...992
		{value.DecimalOf(int64(9007199254740993)), "2", false},
		{value.DecimalOf(int64(1<<63 - 1)), "7", true},
		{value.DecimalOf(int64(1<<63 - 2)), "7", false},
		{value.DecimalOf(-15), "5", true},
		{value.DecimalOf(0), "0.01", true},
		{value.MustDecimal("0.0100"), "0.01", true},
		{value.MustDecimal("9999999999999999999999999999999999"), "3", true},
		{value.MustDecimal("9999999999999999999999999999999998"), "3", false},
		{value.MustDecimal("1e6144"), "3", false},
		{value.MustDecimal("3e6000"), "3", true},
	} {
		var check core.Checker
		check.Number("n", c.n, bound(c.of))
		if (check.Err() == nil) != c.fits {
			t.Errorf("%s and %s: %v", c.n, c.of, check.Err())
		}
	}
}

func FuzzDecimal(f *testing.F) {
	for _, s := range decimals {
		f.Add(s, "-"+s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		x, errX := value.ParseDecimal(a)
		y, errY := value.ParseDecimal(b)
		if errX != nil || errY != nil || len(a)+len(b) > 100 || strings.ContainsAny(a+b, "eE") {
			return
		}
		exact, ok := new(big.Rat).SetString(a)
		if !ok || rational(t, x).Cmp(exact) != 0 {
			t.Fatalf("%q is read as %s", a, x)
		}
		want := exact.Cmp(rational(t, y))
		if x.Compare(y) != want || strings.Compare(x.SortKey(), y.SortKey()) != want {
			t.Fatalf("%s and %s compare as %d", x, y, x.Compare(y))
		}
	})
}
