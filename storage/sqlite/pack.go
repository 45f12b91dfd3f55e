package sqlite

import (
	"bytes"
	"encoding/binary"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// dictionary is a run of encoded elements that a reader will have too.
type dictionary struct {
	elems [][]byte
	at    []int // where each one begins
	size  int
	next  int // which is looked at first: documents keep the order of their fields
}

func (d *dictionary) add(elem []byte) {
	d.elems = append(d.elems, elem)
	d.at = append(d.at, d.size)
	d.size += len(elem)
}

// addDocument adds a whole document.
func (d *dictionary) addDocument(raw []byte) {
	end := d.size + len(raw)
	d.size += 4
	_ = elements(raw, func(e bson.RawElement, _ []byte) error { // what is damaged has none
		d.add(e)
		return nil
	})
	d.size = end
}

// find tells where the dictionary has an element.
func (d *dictionary) find(elem []byte) (from int, ok bool) {
	for i := range d.elems {
		i = (d.next + i) % len(d.elems)
		if bytes.Equal(d.elems[i], elem) {
			d.next = i + 1
			return d.at[i], true
		}
	}
	return 0, false
}

// pack writes a document as what it has of its own, and where the dictionary has the
// rest: for each stretch the length and the bytes of its own, and then the place and the
// length of what follows them there, all numbers as uvarint.
func (d *dictionary) pack(raw []byte) []byte {
	out := make([]byte, 0, 64)
	own, at := 0, 4 // what is not written yet; the element
	from, to := 0, 0
	flush := func(end int) { // what precedes a copy that ends before end, and the copy
		out = binary.AppendUvarint(out, uint64(end-(to-from)-own))
		out = append(out, raw[own:end-(to-from)]...)
		out = binary.AppendUvarint(out, uint64(from))
		out = binary.AppendUvarint(out, uint64(to-from))
		own, from, to = end, 0, 0
	}
	err := elements(raw, func(e bson.RawElement, _ []byte) error {
		place, ok := d.find(e)
		if from < to && (!ok || place != to) {
			flush(at)
		}
		if ok && from == to {
			from, to = place, place
		}
		if ok {
			to += len(e)
		}
		at += len(e)
		return nil
	})
	if err != nil { // as it is, for it is damaged
		out, own, from, to, at = out[:0], 0, 0, 0, len(raw)
	}
	flush(at)
	if own < len(raw) {
		flush(len(raw))
	}
	return out
}

// unpack is the document that pack was given, with the bytes of the dictionary; false for
// bytes that pack has not made.
func unpack(dictionary, packed []byte) (raw []byte, ok bool) {
	number := func(most int) int {
		n, size := binary.Uvarint(packed)
		if ok = size > 0 && n <= uint64(most); !ok {
			return 0
		}
		packed = packed[size:]
		return int(n)
	}
	raw = []byte{}
	for len(packed) > 0 {
		own := number(len(packed))
		if ok = ok && own <= len(packed); !ok {
			return nil, false
		}
		raw, packed = append(raw, packed[:own]...), packed[own:]
		from := number(len(dictionary))
		if !ok {
			return nil, false
		}
		n := number(len(dictionary) - from)
		if !ok || len(raw)+n > maxUnpacked {
			return nil, false
		}
		raw = append(raw, dictionary[from:from+n]...)
	}
	return raw, true
}

// maxUnpacked bounds what damaged bytes can ask for; SQLite stores no larger value.
const maxUnpacked = 1 << 30
