// Package draw makes random choices of the bytes of a fuzz input, so that the
// fuzzer's changes of a byte are changes of a choice.
package draw

import "math/rand/v2"

// From draws a choice of each byte of data; after those, others that are always
// the same.
func From(data []byte) *rand.Rand {
	return rand.New(&source{data: data, rest: rand.NewPCG(0, 0)})
}

type source struct {
	data []byte
	rest rand.Source // never all zeros, which some methods of Rand would wait for to end
}

// Uint64 is the byte in all places, for Rand looks at high bits or at low ones.
func (s *source) Uint64() uint64 {
	if len(s.data) == 0 {
		return s.rest.Uint64()
	}
	b := s.data[0]
	s.data = s.data[1:]
	return uint64(b) * 0x0101_0101_0101_0101
}
