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

// markBytes are what marks are made of, and no words: the tokenizer is told to keep them.
// Each word is hashed behind its mark, several times over, so marks are short.
const markBytes = "()*+,-./@_"

// firstMark stands before the words of the first of several searched fields, behind the
// other marks. An index that tells all fields apart has twice the size.
const firstMark = "_"

// markRules counts the changes of what the marks are: see [collection.layout].
const markRules = 3

// audienceMark has one byte for each of the eight audiences that there may be.
func audienceMark(who int64) string { return string('(' + rune(who&7)) }

// ownerMark is of one length, so that no mark and word are like another mark and word,
// and short, for it stands before each word. Who shares it by chance is told apart by
// what is tested besides.
func ownerMark(id string) string {
	h := fnv.New32a()
	h.Write([]byte(id))
	return fmt.Sprintf("@%08x", h.Sum32())
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
		if id, ok := f.Value.(string); ok && f.Op == core.OpEq && c.fields[f.Field] != nil && c.fields[f.Field].Sparse && !c.fields[f.Field].Array {
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
