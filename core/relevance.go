package core

import (
	"context"
	"slices"
)

// Relevance is the order of a list by how well its documents fit the search. It
// may stand first in [PageArgs.OrderBy], with the order of those that fit alike
// behind it.
//
// It is by ranks, best first: the first of the searched fields holds all words;
// it does when the last word may go on; all fields together hold all words; they
// do when the last word may go on. A rank depends on the document and the search
// alone, so cursors stay good while others write; each is a search of its own, so
// every store serves them, and a page costs four searches at most.
const Relevance = "$relevance" // no field has such a name

// ranked is a part of the documents of a search.
type ranked struct {
	value  int64 // larger is better
	filter Filter
}

// ranks parts the documents of a search, best first. fields are those that are
// searched.
func ranks(search Filter, fields []string) []ranked {
	if search.Op != OpSearch {
		return []ranked{{0, search}} // all are alike
	}
	text := search.Value.(string)
	ended := text + " "
	whole, first, firstWhole := search, search, search
	whole.Value, firstWhole.Value = ended, ended
	first.Field, firstWhole.Field = fields[0], fields[0]

	list := []ranked{{2, whole}, {1, And(search, Not(whole))}}
	if len(fields) > 1 {
		list = []ranked{{4, firstWhole}, {3, And(first, Not(firstWhole))}, {2, And(whole, Not(first))}, {1, And(search, Not(first), Not(whole))}}
	}
	if slices.Equal(SoughtWords(text).Beginnings, SoughtWords(ended).Beginnings) {
		list = slices.DeleteFunc(list, func(r ranked) bool { return r.value%2 != 0 }) // the last word has ended
	}
	return list
}

// byRank makes the queries of a page by relevance, one for each rank from that of
// the one cursor to that of the other. where is its conditions without the search.
func (p *pageQuery) byRank(s *Spec, list []ranked, where Filter, in scope) {
	by := p.query.Order[0]
	if !by.Desc {
		slices.Reverse(list)
	}
	p.parts = nil
	for _, r := range list {
		q := p.query
		q.Filter, q.Order, q.After, q.Before = And(where, r.filter, in.rule), q.Order[1:], nil, nil
		q.Arms, _ = s.plan(And(where, r.filter), in, q.Order)
		if p.query.After != nil {
			at := p.query.After[0].(int64)
			if r.value == at {
				q.After = p.query.After[1:]
			} else if (r.value > at) == by.Desc {
				continue // before the cursor
			}
		}
		if p.query.Before != nil {
			at := p.query.Before[0].(int64)
			if r.value == at {
				q.Before = p.query.Before[1:]
			} else if (r.value < at) == by.Desc {
				continue // behind the cursor
			}
		}
		p.parts, p.ranks = append(p.parts, q), append(p.ranks, r.value)
	}
}

// read reads the parts of p one behind the other until the page is full. Their
// documents form one batch.
func (c *Collection[T]) read(ctx context.Context, p pageQuery) (docs []*T, damaged []*Error, err error) {
	for i, q := range p.parts {
		q.Limit -= len(docs)
		more, bad, err := c.find(ctx, q)
		if err != nil {
			return nil, nil, err
		}
		noteRank(p, i, more)
		if len(docs) > 0 && len(more) > 0 {
			b := headOf(docs[0]).batch.(*batch[T])
			for _, t := range more {
				headOf(t).batch = b
			}
			b.docs = append(b.docs, more...)
		}
		docs, damaged = append(docs, more...), append(damaged, bad...)
		if len(docs) >= p.query.Limit {
			break
		}
	}
	return docs, damaged, nil
}

// noteRank notes the rank of documents that were read for a part of p.
func noteRank[T any](p pageQuery, part int, docs []*T) {
	if p.ranks == nil {
		return
	}
	for _, t := range docs {
		headOf(t).rank = p.ranks[part]
	}
}
