package value

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"math/big"
	"math/bits"
	"strconv"
	"strings"
)

// Decimal is a decimal number, exact: a coefficient of at most 34 digits and a
// power of ten, within the bounds of decimal128 (IEEE 754). It is finite, zero
// has no sign, and the zero value is 0. Zeros behind the point are kept, as money
// is written: 1.50 and 1.5 are equal by [Decimal.Compare], not by ==.
type Decimal struct {
	hi, lo   uint64 // the coefficient, below 10^34
	exp      int16
	negative bool
}

// The bounds of decimal128.
const (
	decimalDigits = 34
	minExponent   = -6176
	maxExponent   = 6111
)

// Least is the smallest number.
var Least = MustDecimal("-9999999999999999999999999999999999e6111")

// half splits a coefficient: into 17 digits and 17 more.
const half = 100_000_000_000_000_000

// maxDecimalText bounds what [ParseDecimal] reads, so that zeros cannot be piled up.
const maxDecimalText = 6200

// ParseDecimal reads a number as JSON writes it, such as 1.50, -7 or 1e3. What
// has more than 34 digits, or is beyond the powers of ten, is refused and never
// rounded; the error is half a sentence that says why.
func ParseDecimal(text string) (Decimal, error) {
	form := fmt.Errorf("must be a decimal number such as 19.99")
	if len(text) > maxDecimalText {
		return Decimal{}, fmt.Errorf("must have at most %d digits", decimalDigits)
	}
	s, negative := strings.CutPrefix(text, "-")
	mantissa, power, hasPower := strings.Cut(strings.ToLower(s), "e")
	whole, fraction, hasPoint := strings.Cut(mantissa, ".")
	if !isDigits(whole) || len(whole) > 1 && whole[0] == '0' || hasPoint && !isDigits(fraction) {
		return Decimal{}, form
	}
	exp := 0
	if hasPower {
		sign := 1
		switch {
		case strings.HasPrefix(power, "-"):
			sign, power = -1, power[1:]
		case strings.HasPrefix(power, "+"):
			power = power[1:]
		}
		if !isDigits(power) {
			return Decimal{}, form
		}
		if power = strings.TrimLeft(power, "0"); len(power) > 6 {
			power = "999999" // beyond the bounds, whatever follows
		}
		n, _ := strconv.Atoi("0" + power)
		exp = sign * n
	}
	return newDecimal(negative, whole+fraction, exp-len(fraction))
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// newDecimal is digits times ten to the power of exp. What is zero at the end
// goes over into the power, and the power into zeros, where that makes it fit.
func newDecimal(negative bool, digits string, exp int) (Decimal, error) {
	digits = strings.TrimLeft(digits, "0")
	for len(digits) > 0 && digits[len(digits)-1] == '0' && (len(digits) > decimalDigits || exp < minExponent) {
		digits, exp = digits[:len(digits)-1], exp+1
	}
	if digits == "" {
		return Decimal{exp: int16(min(0, max(exp, minExponent)))}, nil
	}
	if n := min(exp, decimalDigits-len(digits)); n > 0 && (n == exp || exp > maxExponent) {
		digits, exp = digits+strings.Repeat("0", n), exp-n
	}
	switch {
	case len(digits) > decimalDigits:
		return Decimal{}, fmt.Errorf("must have at most %d digits", decimalDigits)
	case exp > maxExponent:
		return Decimal{}, fmt.Errorf("must be below 10 to the power of %d", maxExponent+decimalDigits)
	case exp < minExponent:
		return Decimal{}, fmt.Errorf("must have at most %d places behind the point", -minExponent)
	}
	d := Decimal{exp: int16(exp), negative: negative}
	for _, c := range []byte(digits) {
		hi, lo := bits.Mul64(d.lo, 10)
		var carry uint64
		d.lo, carry = bits.Add64(lo, uint64(c-'0'), 0)
		d.hi = d.hi*10 + hi + carry
	}
	return d, nil
}

// MustDecimal is [ParseDecimal] for numbers that stand in code; it panics for others.
func MustDecimal(text string) Decimal {
	d, err := ParseDecimal(text)
	if err != nil {
		panic("value: " + text + " " + err.Error())
	}
	return d
}

// DecimalOf is a whole number or, of a float, the shortest decimal that stands for
// it: 0.1 is 0.1. It panics for what is no number.
func DecimalOf[N int | int32 | int64 | float64](n N) Decimal {
	if f, ok := any(n).(float64); ok {
		return MustDecimal(strconv.FormatFloat(f, 'e', -1, 64))
	}
	return Decimal{lo: magnitude(int64(n)), negative: n < 0}
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

// Int64 is the number as an int64; ok is false when it is no whole number of 64 bits.
func (d Decimal) Int64() (n int64, ok bool) {
	digits, exp := d.trimmed()
	if digits == "" {
		return 0, true
	}
	if exp < 0 || len(digits)+exp > 19 {
		return 0, false
	}
	text := digits + strings.Repeat("0", exp)
	if d.negative {
		text = "-" + text
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}

// Rat is the number as a fraction, to calculate with.
func (d Decimal) Rat() *big.Rat {
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(d.exp, -d.exp))), nil)
	n := d.coefficient()
	if d.negative {
		n.Neg(n)
	}
	if d.exp < 0 {
		return new(big.Rat).SetFrac(n, power)
	}
	return new(big.Rat).SetInt(n.Mul(n, power))
}

// String writes the number as [ParseDecimal] reads it and JSON does, with its zeros
// behind the point. Numbers of more than 34 places before or behind the point
// have a power: 1E+40.
func (d Decimal) String() string {
	var buf [48]byte
	return string(d.Append(buf[:0]))
}

// Normal is the number without zeros at its end, so that equal numbers are ==.
func (d Decimal) Normal() Decimal {
	digits, exp := d.trimmed()
	d, _ = newDecimal(d.negative, digits, exp) // it was one
	return d
}

// MarshalJSON writes the number as a text, for a JSON number would lose digits on
// its way through most languages.
func (d Decimal) MarshalJSON() ([]byte, error) { return append(d.Append([]byte{'"'}), '"'), nil }

// UnmarshalJSON reads what MarshalJSON writes.
func (d *Decimal) UnmarshalJSON(data []byte) (err error) {
	text, isText := bytes.CutPrefix(data, []byte{'"'})
	if !isText {
		return fmt.Errorf("must be a decimal number in quotes")
	}
	*d, err = ParseDecimal(string(bytes.TrimSuffix(text, []byte{'"'})))
	return err
}

// Append appends what [Decimal.String] writes.
func (d Decimal) Append(b []byte) []byte {
	if d.negative {
		b = append(b, '-')
	}
	var buf [decimalDigits]byte
	digits, exp := d.appendDigits(buf[:0]), int(d.exp)
	places := -exp
	switch {
	case exp == 0:
		return append(b, digits...)
	case exp > 0 && len(digits)+exp <= decimalDigits:
		for b = append(b, digits...); exp > 0; exp-- {
			b = append(b, '0')
		}
		return b
	case exp > 0 || places > decimalDigits:
		b = append(b, digits[0])
		if len(digits) > 1 {
			b = append(append(b, '.'), digits[1:]...)
		}
		if exp += len(digits) - 1; exp >= 0 {
			return strconv.AppendInt(append(b, 'E', '+'), int64(exp), 10)
		}
		return strconv.AppendInt(append(b, 'E'), int64(exp), 10)
	case places < len(digits):
		b = append(b, digits[:len(digits)-places]...)
		return append(append(b, '.'), digits[len(digits)-places:]...)
	}
	b = append(b, '0', '.')
	for range places - len(digits) {
		b = append(b, '0')
	}
	return append(b, digits...)
}

// appendDigits appends the coefficient.
func (d Decimal) appendDigits(b []byte) []byte {
	if d.hi == 0 {
		return strconv.AppendUint(b, d.lo, 10)
	}
	upper, lower := bits.Div64(d.hi, d.lo, half)
	if upper == 0 {
		return strconv.AppendUint(b, lower, 10)
	}
	b = strconv.AppendUint(b, upper, 10)
	n := len(b)
	b = strconv.AppendUint(b, half+lower, 10) // with the zeros in front
	copy(b[n:], b[n+1:])
	return b[:len(b)-1]
}

// trimmed is the coefficient without the zeros at its end, which go over into the
// power; "" for zero.
func (d Decimal) trimmed() (digits string, exp int) {
	var buf [decimalDigits]byte
	all := d.appendDigits(buf[:0])
	short := bytes.TrimRight(all, "0")
	return string(short), int(d.exp) + len(all) - len(short)
}

// Compare is negative when d is less than e, 0 when they are equal, and positive
// when it is more.
func (d Decimal) Compare(e Decimal) int {
	if d.exp == e.exp && d.negative == e.negative && d.hi == 0 && e.hi == 0 { // as prices mostly are
		if d.negative {
			return cmp.Compare(e.lo, d.lo)
		}
		return cmp.Compare(d.lo, e.lo)
	}
	a, b := d.SortKey(), e.SortKey()
	return strings.Compare(a, b)
}

// SortKey is the number as bytes that sort as numbers do; equal numbers have the
// same. 19.99 takes four: two for the sign with the place of the first digit, and
// one for each two digits.
func (d Decimal) SortKey() string {
	digits, exp := d.trimmed()
	if digits == "" {
		return "\x80\x00"
	}
	key := make([]byte, 2, 2+decimalDigits/2+1)
	place := len(digits) + exp - minExponent // 1 or more
	if len(digits)%2 == 1 {
		digits += "0"
	}
	for i := 0; i < len(digits); i += 2 {
		key = append(key, (digits[i]-'0')*10+digits[i+1]-'0'+1)
	}
	if d.negative {
		for i := range key {
			key[i] = ^key[i]
		}
		key = append(key, 0xff) // what is longer is less
		place = -place
	}
	binary.BigEndian.PutUint16(key, uint16(0x8000+place))
	return string(key)
}

// IsMultipleOf reports whether d is a whole multiple of another number.
func (d Decimal) IsMultipleOf(of Decimal) bool {
	n, m := d.coefficient(), of.coefficient()
	switch {
	case n.Sign() == 0:
		return true
	case m.Sign() == 0:
		return false
	}
	power := int64(d.exp) - int64(of.exp)
	if power < -decimalDigits { // more places than its digits can fill
		return false
	}
	if power >= 0 {
		n.Mul(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(power), m))
	} else {
		m.Mul(m, new(big.Int).Exp(big.NewInt(10), big.NewInt(-power), nil))
	}
	return n.Rem(n, m).Sign() == 0
}

func (d Decimal) coefficient() *big.Int {
	n := new(big.Int).SetUint64(d.hi)
	return n.Or(n.Lsh(n, 64), new(big.Int).SetUint64(d.lo))
}
