package value

import (
	"encoding/binary"
	"fmt"
)

// The BSON types of numbers (https://bsonspec.org).
const (
	bsonNull       = 0x0a
	bsonInt32      = 0x10
	bsonInt64      = 0x12
	bsonDecimal128 = 0x13
)

// MarshalBSONValue writes the number as decimal128 of BSON: the binary integer
// decimal encoding of IEEE 754, where our coefficients always fit the short form.
func (d Decimal) MarshalBSONValue() (kind byte, data []byte, err error) {
	hi := d.hi | uint64(int(d.exp)-minExponent)<<49
	if d.negative {
		hi |= 1 << 63
	}
	return bsonDecimal128, binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(make([]byte, 0, 16), d.lo), hi), nil
}

// UnmarshalBSONValue reads a decimal128 that is finite, a whole number, or null as 0.
func (d *Decimal) UnmarshalBSONValue(kind byte, data []byte) error {
	switch {
	case kind == bsonNull:
		*d = Decimal{}
		return nil
	case kind == bsonInt32 && len(data) == 4:
		*d = DecimalOf(int32(binary.LittleEndian.Uint32(data)))
		return nil
	case kind == bsonInt64 && len(data) == 8:
		*d = DecimalOf(int64(binary.LittleEndian.Uint64(data)))
		return nil
	case kind != bsonDecimal128 || len(data) != 16:
		return fmt.Errorf("value: no Decimal can hold BSON of type %#x", kind)
	}
	lo, hi := binary.LittleEndian.Uint64(data), binary.LittleEndian.Uint64(data[8:])
	if hi>>59&0xf == 0xf {
		return fmt.Errorf("value: no Decimal can hold infinity or what is no number")
	}
	exp, coefficient := hi>>49&(1<<14-1), hi&(1<<49-1)
	if hi>>61&3 == 3 { // the long form stands for zero: it would hold more than 34 digits
		exp, coefficient, lo = hi>>47&(1<<14-1), 0, 0
	}
	if coefficient > mostHi || coefficient == mostHi && lo > mostLo {
		coefficient, lo = 0, 0
	}
	*d = Decimal{hi: coefficient, lo: lo, exp: int16(int(exp) + minExponent), negative: hi>>63 == 1}
	if coefficient == 0 && lo == 0 {
		d.negative, d.exp = false, min(d.exp, 0)
	}
	return nil
}

// mostHi and mostLo are the largest coefficient: 10^34 - 1.
const (
	mostHi = 0x1ed09bead87c0
	mostLo = 0x378d8e63ffffffff
)
