package sqlite

import (
	"fmt"
	"hash/fnv"

	"github.com/grapnel/grapnel/core"
)

// Words stand in the full-text index behind marks, which no word holds, for they are
// folded. So the index is parted as others are by their first field, and a search walks
// past nothing that its caller may not read: all words of a document stand behind the
// mark of its audience, and once more behind that of who owns what is hidden.

// firstMark stands before the words of the first of several searched fields, behind the
// other marks. An index that tells all fields apart has twice the size.
const firstMark = "¹"

func audienceMark(who int64) string { return string('①' + rune(who)) }

// ownerMark is of one length, so that no mark and word are like another mark and word.
// Who shares it by chance is told apart by what is tested besides.
func ownerMark(id string) string {
	h := fnv.New64a()
	h.Write([]byte(id))
	return fmt.Sprintf("⓪%016x", h.Sum64())
}

// unmarked is the mark of all words where they have none.
var unmarked = []string{""}

// marksOf is what stands before the words of a document.
func (c *collection) marksOf(r *record) []string {
	if c.audience == nil {
		return unmarked
	}
	who, _ := r.columns[c.audience.at].(int64)
	marks := []string{audienceMark(who)}
	for _, f := range c.columns {
		if id, ok := r.columns[f.at].(string); ok && f.Sparse {
			marks = append(marks, ownerMark(id))
		}
	}
	return marks
}

// marks is what stands before the words of documents that a conjunction can match.
func (c *collection) marks(conj []core.Filter) (marks []string) {
	if c.audience == nil {
		return unmarked
	}
	for _, f := range conj {
		if id, ok := f.Value.(string); ok && f.Op == core.OpEq && c.fields[f.Field] != nil && c.fields[f.Field].Sparse {
			return []string{ownerMark(id)}
		}
	}
	for _, f := range conj {
		list, _ := f.Value.([]any)
		if f.Op == core.OpEq {
			list = []any{f.Value}
		}
		for _, v := range list {
			if who, ok := v.(int64); ok && f.Field == c.audience.Name {
				marks = append(marks, audienceMark(who))
			}
		}
		if marks != nil {
			return marks
		}
	}
	return c.anyone
}
